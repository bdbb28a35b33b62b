"""A view file as literal text and {{ }} marks, and a mark as tokens."""
import re


class ViewError(Exception):
    def __init__(self, path, line, words):
        super().__init__(f"{path}:{line}: error: {words}")


MARK = re.compile(r'\{\{((?:[^"}]|"(?:[^"\\]|\\.)*"|\}(?!\}))*)\}\}', re.S)


def cut_into_pieces(path, text):
    """Yields (kind, words, line): kind is "literal" or "mark"."""
    at, line = 0, 1
    while at < len(text):
        start = text.find("{{", at)
        if start < 0:
            yield "literal", text[at:], line
            return
        if start > at:
            yield "literal", text[at:start], line
            line += text.count("\n", at, start)
        if text.startswith("{{#", start):
            end = text.find("}}", start)
            if end < 0:
                raise ViewError(path, line, "this comment has no end")
            line += text.count("\n", start, end)
            at = end + 2
            continue
        found = MARK.match(text, start)
        if not found:
            raise ViewError(path, line, "this {{ has no }}")
        yield "mark", found.group(1).strip(), line
        line += text.count("\n", start, found.end())
        at = found.end()


TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z_][A-Za-z_0-9]*)|(-?[0-9]+)|'
                   r'(==|!=|<=|>=|[<>().,|:]))')


class Tokens:
    def __init__(self, path, line, words):
        self.path, self.line, self.items, self.at = path, line, [], 0
        at = 0
        while words[at:].strip():
            found = TOKEN.match(words, at)
            if not found:
                raise ViewError(path, line, f"cannot read '{words[at:].strip()}'")
            self.items.append(found.group(0).strip())
            at = found.end()

    def peek(self):
        return self.items[self.at] if self.at < len(self.items) else ""

    def take(self, wanted=None):
        token = self.peek()
        if not token or (wanted and token != wanted):
            self.fail(f"expected {wanted or 'more'}, found '{token or 'the end'}'")
        self.at += 1
        return token

    def take_if(self, wanted):
        if self.peek() == wanted:
            self.at += 1
            return True
        return False

    def take_name(self):
        if not re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*", self.peek()):
            self.fail(f"expected a name, found '{self.peek()}'")
        return self.take()

    def take_string(self):
        if not self.peek().startswith('"'):
            self.fail(f"expected \"words\", found '{self.peek()}'")
        return self.take()[1:-1].replace('\\"', '"')

    def done(self):
        if self.peek():
            self.fail(f"too much: '{self.peek()}'")

    def fail(self, words):
        raise ViewError(self.path, self.line, words)
