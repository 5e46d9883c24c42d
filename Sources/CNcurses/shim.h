/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE_EXTENDED 1
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <string.h>
#include <wchar.h>

/* What Swift does not see of ncurses: its macros, and the global variables that Swift 6 takes for unsafe. They are to be
   called on one thread, as all of ncurses is. */

/* Characters are written in the locale's encoding. Texts are UTF-8 whatever the locale says, so where it has no UTF-8 the
   C library's own locale with UTF-8 is taken. */
static inline void linger_curses_locale(void) {
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

/* initscr(3) ends the process where it does not know the terminal; setupterm asks before. The header that declares it
   defines a macro for each capability, so it is declared here (terminfo(3)). */
extern int setupterm(const char *, int, int *);
static inline int linger_curses_knows_terminal(void) {
    int problem = 0;
    return setupterm(NULL, 1, &problem) == OK && problem == 1;
}

/* A terminal on which the cursor can be moved: on others (TERM=dumb) there is no screen. */
static inline int linger_curses_has_screen(void) {
    const char *move = tigetstr("cup");
    return move != NULL && move != (const char *)-1;
}

/* The sequence of a capability; empty where the terminal has none. */
static inline const char *linger_curses_sequence(const char *capability) {
    const char *sequence = tigetstr(capability);
    return sequence == NULL || sequence == (const char *)-1 ? "" : sequence;
}

static inline int linger_curses_start(void) {
    if (initscr() == NULL)
        return 0;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    return 1;
}

static inline void linger_curses_erase(void) { werase(stdscr); }

/* Everything anew: after somebody else has written on the terminal. */
static inline void linger_curses_redraw_all(void) { clearok(curscr, TRUE); }

static inline void linger_curses_show(void) {
    wnoutrefresh(stdscr);
    doupdate();
}

/* A wide character of the input in `*character`. Returns OK, KEY_CODE_YES for a key that is no character, or ERR when
   nothing waits. */
static inline int linger_curses_read(wint_t *character) { return wget_wch(stdscr, character); }

static inline void linger_curses_put(int row, int column, const wchar_t *text) { mvwaddwstr(stdscr, row, column, text); }

static inline void linger_curses_ink(short pair, int bold, int dim, int reversed) {
    attr_t attributes = A_NORMAL;
    if (bold)
        attributes |= A_BOLD;
    if (dim)
        attributes |= A_DIM;
    if (reversed)
        attributes |= A_REVERSE;
    wattr_set(stdscr, attributes, pair, NULL);
}

enum {
    LINGER_KEY_DOWN = KEY_DOWN,
    LINGER_KEY_UP = KEY_UP,
    LINGER_KEY_LEFT = KEY_LEFT,
    LINGER_KEY_RIGHT = KEY_RIGHT,
    LINGER_KEY_HOME = KEY_HOME,
    LINGER_KEY_END = KEY_END,
    LINGER_KEY_NEXT_PAGE = KEY_NPAGE,
    LINGER_KEY_PREVIOUS_PAGE = KEY_PPAGE,
    LINGER_KEY_BACKSPACE = KEY_BACKSPACE,
    LINGER_KEY_DELETE = KEY_DC,
    LINGER_KEY_ENTER = KEY_ENTER,
    LINGER_KEY_BACK_TAB = KEY_BTAB,
    LINGER_KEY_CODE = KEY_CODE_YES,
    LINGER_OK = OK,
    LINGER_RED = COLOR_RED,
    LINGER_YELLOW = COLOR_YELLOW,
    LINGER_GREEN = COLOR_GREEN,
    LINGER_CYAN = COLOR_CYAN
};
