"""Views as nested nodes. An expression is a tuple: ("path", names), ("and", left, right) ..."""
import re

from view.words import Tokens, ViewError, cut_into_pieces


class Node:
    def __init__(self, kind, line, **fields):
        self.kind, self.line = kind, line
        self.__dict__.update(fields)


class View:
    def __init__(self, path, line, name, parameters):
        self.path, self.line, self.name, self.parameters, self.body = path, line, name, parameters, []


def parse_expression(tokens):
    return parse_or(tokens)


def parse_or(tokens):
    left = parse_and(tokens)
    while tokens.take_if("or"):
        left = ("or", left, parse_and(tokens))
    return left


def parse_and(tokens):
    left = parse_not(tokens)
    while tokens.take_if("and"):
        left = ("and", left, parse_not(tokens))
    return left


def parse_not(tokens):
    if tokens.take_if("not"):
        return ("not", parse_not(tokens))
    left = parse_operand(tokens)
    if tokens.peek() in ("==", "!=", "<", ">", "<=", ">="):
        return ("compare", tokens.take(), left, parse_operand(tokens))
    return left


def parse_operand(tokens):
    if tokens.take_if("("):
        inner = parse_or(tokens)
        tokens.take(")")
        return inner
    if tokens.peek().startswith('"'):
        return ("string", tokens.take_string())
    if re.fullmatch(r"-?[0-9]+", tokens.peek()):
        return ("number", tokens.take())
    path = [tokens.take_name()]
    while tokens.take_if("."):
        path.append(tokens.take_name())
    return ("path", path)


def parse_value(tokens):
    """An operand through filters: row.size_bytes | bytes"""
    value, filters = parse_operand(tokens), []
    while tokens.take_if("|"):
        filters.append(tokens.take_name())
    return Node("value", tokens.line, value=value, filters=filters)


def parse_include(tokens):
    name, arguments = tokens.take_name(), []
    tokens.take("(")
    while not tokens.take_if(")"):
        if arguments:
            tokens.take(",")
        arguments.append(parse_operand(tokens))
    return Node("include", tokens.line, name=name, arguments=arguments)


def parse_sentence(tokens):
    sentence, arguments = tokens.take_string(), []
    if tokens.take_if("("):
        while not tokens.take_if(")"):
            if arguments:
                tokens.take(",")
            arguments.append(parse_include(tokens) if tokens.take_if("include") else parse_value(tokens))
    if sentence.count("{}") != len(arguments):
        tokens.fail(f"the sentence has {sentence.count('{}')} {{}} and {len(arguments)} values")
    return Node("sentence", tokens.line, sentence=sentence, arguments=arguments)


def parse_count(tokens):
    one, many = tokens.take_string(), tokens.take_string()
    if "{}" not in many:
        tokens.fail("the second form says no {} for the count")
    return Node("count", tokens.line, one=one, many=many, value=parse_operand(tokens))


def parse_simple(tokens):
    word = tokens.peek()
    makers = {"include": parse_include, "t": parse_sentence, "tn": parse_count}
    following = tokens.items[1] if len(tokens.items) > 1 else ""
    if word in makers and following not in (".", "|", ""):
        tokens.take()
        node = makers[word](tokens)
    elif word == "asset":
        tokens.take()
        node = Node("asset", tokens.line, name=tokens.take_string())
    elif word == "lang" and len(tokens.items) == 1:
        tokens.take()
        node = Node("lang", tokens.line)
    else:
        node = parse_value(tokens)
    tokens.done()
    return node


def parse_parameters(tokens):
    parameters = []
    tokens.take("(")
    while not tokens.take_if(")"):
        if parameters:
            tokens.take(",")
        name = tokens.take_name()
        tokens.take(":")
        parameters.append((name, tokens.take_name()))
    tokens.done()
    return parameters


class FileParser:
    def __init__(self, path, text):
        self.path, self.pieces, self.at = path, list(cut_into_pieces(path, text)), 0

    def views(self):
        views = []
        while self.at < len(self.pieces):
            kind, words, line = self.pieces[self.at]
            self.at += 1
            if kind == "literal":
                if words.strip():
                    line += words[:len(words) - len(words.lstrip())].count("\n")
                    raise ViewError(self.path, line, "only views may stand here")
                continue
            tokens = Tokens(self.path, line, words)
            tokens.take("view")
            view = View(self.path, line, tokens.take_name(), parse_parameters(tokens))
            view.body, _ = self.body(line)
            views.append(view)
        return views

    def body(self, opened_at):
        """Nodes up to end, else or elif; returns them and the tokens of that last mark."""
        nodes = []
        while self.at < len(self.pieces):
            kind, words, line = self.pieces[self.at]
            self.at += 1
            if kind == "literal":
                nodes.append(Node("literal", line, words=words))
                continue
            tokens = Tokens(self.path, line, words)
            word = tokens.peek()
            if word in ("end", "else", "elif"):
                return nodes, tokens
            if word == "if":
                nodes.append(self.branches(tokens))
            elif word == "for":
                nodes.append(self.loop(tokens))
            elif word == "view":
                tokens.fail("a view inside a view")
            else:
                nodes.append(parse_simple(tokens))
        raise ViewError(self.path, opened_at, "this has no {{ end }}")

    def branches(self, tokens):
        line, branches = tokens.line, []
        tokens.take("if")
        while True:
            condition = None
            if tokens is not None and tokens.peek():
                condition = parse_expression(tokens)
                tokens.done()
            nodes, tokens = self.body(line)
            branches.append((condition, nodes))
            word = tokens.take()
            if word == "end":
                tokens.done()
                return Node("if", line, branches=branches)
            if condition is None:
                tokens.fail("else is the last branch")
            if word == "else":
                tokens.done()

    def loop(self, tokens):
        line = tokens.line
        tokens.take("for")
        name = tokens.take_name()
        tokens.take("in")
        value = parse_operand(tokens)
        tokens.done()
        body, tokens = self.body(line)
        otherwise = None
        if tokens.take() == "else":
            tokens.done()
            otherwise, tokens = self.body(line)
            tokens.take("end")
        tokens.done()
        return Node("for", line, name=name, value=value, body=body, otherwise=otherwise)
