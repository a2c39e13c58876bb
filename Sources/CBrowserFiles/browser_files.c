#include "browser_files.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define EF_FILE(name) ef_browser_file ef_##name(void) { return (ef_browser_file){name, sizeof name}; }

static const uint8_t drawing_css[] = {
#embed "Drawing/file.css"
};
EF_FILE(drawing_css)

static const uint8_t drawing_js[] = {
#embed "Drawing/file.js"
};
EF_FILE(drawing_js)

static const uint8_t drawing_panel[] = {
#embed "Drawing/panel.html"
};
EF_FILE(drawing_panel)

static const uint8_t drawing_tools[] = {
#embed "Drawing/tools.html"
};
EF_FILE(drawing_tools)

static const uint8_t live_index[] = {
#embed "Live/index.html"
};
EF_FILE(live_index)

static const uint8_t live_css[] = {
#embed "Live/live.css"
};
EF_FILE(live_css)

static const uint8_t live_js[] = {
#embed "Live/live.js"
};
EF_FILE(live_js)

static const uint8_t live_drawing[] = {
#embed "Live/drawing.js"
};
EF_FILE(live_drawing)

static const uint8_t live_trends[] = {
#embed "Live/trends.js"
};
EF_FILE(live_trends)

static const uint8_t live_panel[] = {
#embed "Live/panel.js"
};
EF_FILE(live_panel)

static const uint8_t live_tensor[] = {
#embed "Live/tensor.js"
};
EF_FILE(live_tensor)
