// The files that browsers are given, as bytes of the program: an array literal in Swift, which the package manager could make of them, takes the
// compiler seconds.

#ifndef EF_BROWSER_FILES_H
#define EF_BROWSER_FILES_H

#include <stddef.h>
#include <stdint.h>

/// Bytes that stay.
typedef struct {
  const uint8_t *bytes;
  size_t count;
} ef_browser_file;

// Parts of a drawing's one file of HTML.
ef_browser_file ef_drawing_css(void);
ef_browser_file ef_drawing_js(void);
ef_browser_file ef_drawing_panel(void);
ef_browser_file ef_drawing_tools(void);

// What `enuflow view` serves.
ef_browser_file ef_live_index(void);
ef_browser_file ef_live_css(void);
ef_browser_file ef_live_js(void);
ef_browser_file ef_live_drawing(void);
ef_browser_file ef_live_trends(void);
ef_browser_file ef_live_panel(void);
ef_browser_file ef_live_tensor(void);

#endif
