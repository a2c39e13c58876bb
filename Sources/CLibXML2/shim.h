// What the page reader uses of libxml2: the SAX2 push parser, its structured errors and its start-up.
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <libxml/SAX2.h>
