/* Asks for a password at the terminal. */
#ifndef PROMPT_H
#define PROMPT_H

#include <stddef.h>

enum prompted { PROMPTED, PROMPT_NO_TERMINAL, PROMPT_FAILED };

/*
 * Writes the question to the terminal, and reads a line from there that it does not show. The line ends with a NUL and
 * without its newline; what does not fit is cut off. A signal that ends or stops the process does so with the terminal as it was.
 */
enum prompted prompt(const char *question, char *line, size_t capacity, size_t *length);

#endif
