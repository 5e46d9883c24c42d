// A 32-bit program without a library, that only waits (pause, number 29 of asm/unistd_32.h).
void _start(void);

void _start(void)
{
	for (;;)
		__asm__ volatile("int $0x80" : : "a"(29) : "memory");
}
