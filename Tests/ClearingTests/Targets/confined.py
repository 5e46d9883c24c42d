"""server.py under a seccomp filter that allows everything: what counts is that there is one."""

import ctypes
import runpy
import os

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]


allow = Instruction(0x06, 0, 0, 0x7FFF0000)  # BPF_RET, SECCOMP_RET_ALLOW
program = Program(1, ctypes.pointer(allow))
assert ctypes.CDLL(None).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0
runpy.run_path(os.path.join(os.path.dirname(__file__), "server.py"))
