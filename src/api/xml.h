/* xml.h — text for XML 1.0 documents (5th edition, 2.2), so that no title can spoil one.
 * What is not UTF-8 becomes U+FFFD; characters that XML does not know, and marks that turn the
 * writing direction of what stands around them, are left out. Fit for text and for attributes. */
#pragma once
#include "base/text.h"

void xml_write_text(Text *text, Str s);
/* <name>s</name> and a line end; nothing when `s` is empty. */
void xml_write_element(Text *text, const char *name, Str s);
/* ' name="s"' */
void xml_write_attribute(Text *text, const char *name, Str s);
