"""Nodes become C: the writer of each value is chosen by its place."""
import re

from view.place import REFUSED_ATTRIBUTES, WORD_ELEMENTS, Place
from view.words import ViewError

SCALARS = {"Str", "Url", "Html", "bool", "int", "int64_t", "uint64_t", "Seconds"}


def c_string(words):
    out = []
    for byte in words.encode():
        c = chr(byte)
        if c in '"\\':
            out.append("\\" + c)
        elif c == "\n":
            out.append("\\n")
        elif 32 <= byte < 127 and c != "?":
            out.append(c)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def asset_macro(name):
    return "ASSET_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper()


class ViewWriter:
    def __init__(self, view, views):
        self.view, self.views, self.lines = view, views, []
        self.place, self.literal, self.depth, self.numbers = Place(), "", 1, 0
        self.scope = {name: (name + "_", kind not in SCALARS) for name, kind in view.parameters}

    def fail(self, line, words):
        raise ViewError(self.view.path, line, words)

    def put(self, line, code):
        self.flush()
        self.lines.append(f'#line {line} "{self.view.path}"')
        self.lines.append("    " * self.depth + code)

    def flush(self):
        if self.literal:
            words, self.literal = self.literal, ""
            self.lines.append("    " * self.depth +
                              f"html_raw(w, {c_string(words)}, {len(words.encode())});")

    def run(self):
        body = self.view.body
        if body and body[0].kind == "literal":
            kept = body[0].words.lstrip()
            body[0].line += body[0].words[:len(body[0].words) - len(kept)].count("\n")
            body[0].words = kept
        if body and body[-1].kind == "literal":
            body[-1].words = body[-1].words.rstrip()
        self.nodes(body)
        if self.place.state != "text":
            self.fail(self.view.line, f"the view {self.view.name} ends inside {self.place.words()}")
        self.flush()
        return self.lines

    def nodes(self, nodes):
        for node in nodes:
            getattr(self, "write_" + node.kind)(node)

    def write_literal(self, node):
        line, pending = node.line, ""
        for c in node.words:
            try:
                written = self.place.step(c)
            except ValueError as error:
                self.fail(line, str(error))
            line += c == "\n"
            if written.isspace() and self.place.state in ("text", "tag") and not self.place.keep:
                pending = "\n" if "\n" in pending + c and self.place.state == "text" else " "
                continue
            self.literal += pending + written
            pending = ""
        self.literal += pending

    def operand(self, line, expression):
        kind = expression[0]
        if kind == "string":
            return f"STR({c_string(expression[1])})"
        if kind == "number":
            return expression[1]
        if kind != "path":
            self.fail(line, "a condition stands where a value is wanted")
        name, *fields = expression[1]
        if name not in self.scope:
            self.fail(line, f"'{name}' is unknown here")
        code, is_pointer = self.scope[name]
        if not fields:
            return f"(*{code})" if is_pointer else code
        return code + ("->" if is_pointer else ".") + ".".join(fields)

    def condition(self, line, expression):
        kind = expression[0]
        if kind in ("and", "or"):
            sides = [self.condition(line, side) for side in expression[1:]]
            return "(" + (" && " if kind == "and" else " || ").join(sides) + ")"
        if kind == "not":
            return "!" + self.condition(line, expression[1])
        if kind == "compare":
            _, operator, left, right = expression
            code = f"{self.operand(line, left)}, {self.operand(line, right)}"
            if right[0] == "string":
                if operator not in ("==", "!="):
                    self.fail(line, "words are only compared by == and !=")
                return ("!" if operator == "!=" else "") + f"str_equal({code})"
            return f"({self.operand(line, left)} {operator} {self.operand(line, right)})"
        return f"html_true({self.operand(line, expression)})"

    def filtered(self, node):
        code = self.operand(node.line, node.value)
        for name in node.filters:
            code = f"filter_{name}(w, {code})"
        return code

    def check_value(self, line):
        """The name of the writer for a value at this place, or an error."""
        place = self.place
        if place.state == "text" or place.state == "raw" and place.raw in WORD_ELEMENTS:
            return "html_text"
        if place.state != "value":
            self.fail(line, f"a value cannot stand in {place.words()}")
        name = place.attribute
        if name.startswith("on") or name in REFUSED_ATTRIBUTES:
            self.fail(line, f"a value cannot stand in {name}=")
        if name == "content" and place.refresh or name == "http-equiv":
            self.fail(line, "a value cannot stand in a tag with http-equiv=")
        if place.address is None:
            return "html_attribute"
        if place.address == "":
            place.address = "behind"
            return "html_url"
        if place.address == "foreign":
            self.fail(line, f"{name}= begins with '{place.typed}': values may only follow /, ? or #")
        place.address = "behind"
        return "html_url_part"

    def write_value(self, node):
        self.put(node.line, f"{self.check_value(node.line)}(w, {self.filtered(node)});")

    def write_lang(self, node):
        self.put(node.line, f"{self.check_value(node.line)}(w, html_lang(w));")

    def write_asset(self, node):
        if self.place.state != "value" or self.place.address != "":
            self.fail(node.line, "an asset is the whole of a quoted href= or src=")
        self.place.address = "behind"
        macro = asset_macro(node.name)
        self.put(node.line, f"html_raw(w, {macro}, sizeof({macro}) - 1);")

    def check_words(self, line):
        if self.check_value(line) in ("html_url", "html_url_part"):
            self.fail(line, "a sentence cannot stand in an address")

    def write_sentence(self, node):
        self.check_words(node.line)
        if not node.arguments:
            self.put(node.line, f"html_text(w, language_translate(w->language, STR({c_string(node.sentence)})));")
            return
        self.numbers += 1
        words = f"words_{self.numbers}"
        self.put(node.line, f"Str {words} = html_words(w, language_translate(w->language, "
                            f"STR({c_string(node.sentence)})));")
        for i, argument in enumerate(node.arguments):
            getattr(self, "write_" + argument.kind)(argument)
            last = i + 1 == len(node.arguments)
            self.put(node.line, f"html_text(w, {words});" if last else f"{words} = html_words(w, {words});")

    def write_count(self, node):
        self.check_words(node.line)
        count = self.operand(node.line, node.value)
        self.put(node.line, f"html_count(w, STR({c_string(node.one)}), STR({c_string(node.many)}), {count});")

    def write_include(self, node):
        if self.place.state != "text":
            self.fail(node.line, f"a view cannot be included in {self.place.words()}")
        if node.name not in self.views:
            self.fail(node.line, f"there is no view '{node.name}'")
        wanted = self.views[node.name].parameters
        if len(wanted) != len(node.arguments):
            self.fail(node.line, f"{node.name} takes {len(wanted)} values, not {len(node.arguments)}")
        codes = ["w"]
        for (_, kind), argument in zip(wanted, node.arguments):
            code = self.operand(node.line, argument)
            codes.append(code if kind in SCALARS else "&" + code)
        self.put(node.line, f"view_{node.name}({', '.join(codes)});")

    def write_if(self, node):
        start, ends = self.place.copy().settle(), []
        for i, (condition, nodes) in enumerate(node.branches):
            word = "if" if i == 0 else "} else if" if condition else "} else"
            test = self.condition(node.line, condition) if condition else ""
            if test:  # clang refuses doubled parentheses
                test = f" {test}" if test.startswith("(") else f" ({test})"
            self.put(node.line, f"{word}{test} {{")
            self.place = start.copy()
            self.depth += 1
            self.nodes(nodes)
            self.flush()
            self.depth -= 1
            ends.append(self.place.settle())
        if node.branches[-1][0] is not None:
            ends.append(start)
        self.lines.append("    " * self.depth + "}")
        for end in ends[1:]:
            if not end.same(ends[0]):
                self.fail(node.line, f"one branch ends in {ends[0].words()}, another in {end.words()}")
        self.place = next((end for end in ends if end.state == "tag_break"), ends[0])

    def write_for(self, node):
        items = self.operand(node.line, node.value)
        self.numbers += 1
        index, item = f"i_{self.numbers}", f"{node.name}_{self.numbers}_"
        if node.name in self.scope:
            self.fail(node.line, f"'{node.name}' means something else already")
        start = self.place.settle().copy()
        self.put(node.line, f"for (size_t {index} = 0; {index} < {items}.count; {index}++) {{")
        self.depth += 1
        self.put(node.line, f"__typeof__({items}.at) {item} = &{items}.at[{index}];")
        self.lines.append("    " * self.depth + f"(void){item};")
        self.scope[node.name] = (item, True)
        self.nodes(node.body)
        self.flush()
        del self.scope[node.name]
        self.depth -= 1
        self.lines.append("    " * self.depth + "}")
        if not self.place.settle().same(start):
            self.fail(node.line, f"the loop begins in {start.words()} and ends in {self.place.words()}")
        if node.otherwise is not None:
            self.write_empty(node, items)

    def write_empty(self, node, items):
        start = self.place.copy()
        self.put(node.line, f"if ({items}.count == 0) {{")
        self.depth += 1
        self.nodes(node.otherwise)
        self.flush()
        self.depth -= 1
        self.lines.append("    " * self.depth + "}")
        if not self.place.settle().same(start):
            self.fail(node.line, "the words for an empty list end elsewhere than they begin")


def signature(view):
    parameters = ["HtmlWriter *w"]
    for name, kind in view.parameters:
        parameters.append(f"{kind} {name}_" if kind in SCALARS else f"const {kind} *{name}_")
    return f"void view_{view.name}({', '.join(parameters)})"
