// What the page reader uses of libxml2: the SAX2 push parser, its structured errors and its start-up.

// Many builds of libxml2 draw in the headers of the system's ICU, which clash with the ICU of Foundation wherever a program
// imports both. Nothing used here needs them: only the last members of a struct that is never made on this side.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <libxml/SAX2.h>
