// SPDX-License-Identifier: Apache-2.0
// elfutils' libdw (Debian libdw-dev): symbols and lines of the code at an address of a running process.
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
