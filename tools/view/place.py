"""Where in the page the next byte stands: what may be written there, and how."""
import re

URL_ATTRIBUTES = {"href", "src", "action", "formaction", "cite", "poster", "xlink:href"}
REFUSED_ATTRIBUTES = {"style", "srcdoc", "srcset", "ping", "data", "background"}
RAW_ELEMENTS = {"script", "style"}
WORD_ELEMENTS = {"title", "textarea"}  # text only, tags mean nothing


class Place:
    """A small HTML tokenizer (HTML 13.2.5): enough to know what may stand here."""
    FIELDS = ("state", "element", "closing", "attribute", "quote", "address", "refresh", "raw", "keep")

    def __init__(self):
        self.state = "text"      # text tag_open tag_name tag attribute before_value value unquoted
        self.element = ""        # comment raw; the element whose tag we are in
        self.closing = False
        self.attribute = ""
        self.quote = ""
        self.address = ""        # of an address: "" at its start, "ours", "foreign"; else None
        self.refresh = False     # this tag has http-equiv
        self.raw = ""            # inside <script>, <style>, <title>, <textarea>
        self.keep = 0            # inside <pre>
        self.tail = ""           # the last few bytes, for the ends of raw elements
        self.typed = ""          # literal start of an address

    def copy(self):
        other = Place()
        other.__dict__.update(self.__dict__)
        return other

    def settle(self):
        """Where branches meet, a name is over, and nothing may be glued to it."""
        if self.state in ("attribute", "tag_name"):
            self.state, self.attribute = "tag_break", ""
        return self

    def same(self, other):
        tags = {self.state, other.state} == {"tag", "tag_break"}
        return all(getattr(self, field) == getattr(other, field)
                   for field in self.FIELDS if not (tags and field in ("state", "attribute")))

    def words(self):
        names = {"text": "text", "value": f'the value of {self.attribute}=', "comment": "a comment",
                 "tag": f"the tag <{self.element}>",
                 "tag_break": f"the tag <{self.element}>", "attribute": "an attribute name",
                 "raw": f"<{self.raw}>", "tag_name": "a tag name", "tag_open": "a tag name",
                 "before_value": "an attribute without quotes", "unquoted": "an attribute without quotes"}
        return names[self.state]

    def step(self, c):
        """Takes one character of the author's; returns what of it is written."""
        self.tail = (self.tail + c)[-12:]
        return getattr(self, "in_" + self.state)(c)

    def in_text(self, c):
        if c == "<":
            self.state, self.element, self.closing, self.refresh = "tag_open", "", False, False
        return c

    def in_tag_open(self, c):
        if c == "/":
            self.closing = True
        elif c == "!":
            self.state = "comment"
        elif c.isalpha():
            self.state, self.element = "tag_name", c.lower()
        else:
            raise ValueError("a < that opens no tag: write &lt;")
        return c

    def in_tag_name(self, c):
        if c in " \t\n/>":
            return self.in_tag(c)
        self.element += c.lower()
        return c

    def in_tag(self, c):
        self.state = "tag"
        if c == ">":
            self.close_tag()
        elif c not in " \t\n/":
            self.state, self.attribute = "attribute", c.lower()
        return " " if c in "\t\n" else c

    def in_tag_break(self, c):
        if c not in " \t\n/>":
            raise ValueError("a name goes on behind a branch: leave a space")
        return self.in_tag(c)

    def in_attribute(self, c):
        if c == "=":
            self.state = "before_value"
            self.refresh = self.refresh or self.attribute == "http-equiv"
        elif c in " \t\n/>":
            return self.in_tag(c)
        else:
            self.attribute += c.lower()
        return c

    def in_before_value(self, c):
        if c in "\"'":
            self.state, self.quote, self.typed = "value", c, ""
            self.address = "" if self.attribute in URL_ATTRIBUTES else None
        elif c in " \t\n>":
            raise ValueError(f"{self.attribute}= has no value")
        else:
            self.state = "unquoted"
        return c

    def in_value(self, c):
        if c == self.quote:
            self.state, self.quote, self.attribute, self.address = "tag", "", "", ""
        elif self.address is not None and self.address != "behind":
            self.typed += c
            ours = re.match(r"[?#]|/(?!/)", self.typed)
            self.address = "ours" if ours else "foreign"
        return c

    def in_unquoted(self, c):
        return self.in_tag(c) if c in " \t\n>" else c

    def in_comment(self, c):
        """Only <!doctype html>: our own notes are {{# }} and never leave the build."""
        if self.tail.endswith("<!-"):
            raise ValueError("a comment is written {{# }}")
        if c == ">":
            self.state = "text"
        return c

    def in_raw(self, c):
        end = f"</{self.raw}>"
        if self.tail.lower().endswith(end):
            self.state, self.raw = "text", ""
        return c

    def close_tag(self):
        self.state, self.attribute = "text", ""
        if self.element == "pre":
            self.keep += -1 if self.closing else 1
        if not self.closing and self.element in RAW_ELEMENTS | WORD_ELEMENTS:
            self.state, self.raw, self.tail = "raw", self.element, ""
        self.element, self.closing, self.refresh = "", False, False
