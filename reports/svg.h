/* gnuplot's SVG, made part of a page. */
#ifndef REPORTS_SVG_H
#define REPORTS_SVG_H

#include <stdbool.h>
#include <stdio.h>

/* Copies the <svg> element of a file into the page: text and axes take the page's ink (currentColor), the grid its
 * --grid, the paper becomes transparent, and what would clash with other plots on the page (ids) is left out. False:
 * the file is not there or is no SVG; nothing is written then. */
bool svg_inline(FILE *page, const char *path, const char *label);

#endif
