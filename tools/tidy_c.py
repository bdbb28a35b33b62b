"""Just enough C reading for tidy: comments, functions, includes and file-scope variables.

Works on well-formed, clang-formatted C; macros that hide braces are not understood, and the style forbids them.
"""
import re
from dataclasses import dataclass

TOKEN = re.compile(r'''//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*\'''', re.DOTALL)
DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
ATTRIBUTE = re.compile(r'__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)')
NOT_FUNCTIONS = {'if', 'for', 'while', 'switch', 'sizeof', 'alignas', 'static_assert', '_Static_assert', 'defined',
                 'typeof', '__attribute__'}


@dataclass
class Function:
    name: str
    line: int
    parameters: int
    is_declaration: bool
    body: str = ''
    body_line: int = 0

    @property
    def lines(self):
        return self.body.count('\n') + 1 if self.body else 0


def blank(text):
    """The same length and the same lines, all else white."""
    return re.sub(r'[^\n]', ' ', text)


def without_comments(text, keep_strings=False):
    def replace(hit):
        token = hit[0]
        if token[0] == '/':
            return blank(token)
        if keep_strings:
            return token
        return token[0] + blank(token[1:-1]) + token[-1]
    return TOKEN.sub(replace, text)


def without_directives(text):
    return DIRECTIVE.sub(lambda hit: blank(hit[0]), text)


def includes_of(text):
    bare = without_comments(text, keep_strings=True)
    return [(bare.count('\n', 0, hit.start(1)) + 1, hit[1]) for hit in INCLUDE.finditer(bare)]


def statements_of(code):
    """Top-level statements of code without comments and directives: (start, head, body start or None, body)."""
    at = start = 0
    length = len(code)
    while at < length:
        c = code[at]
        if c == ';':
            yield start, code[start:at], None, ''
            start = at = at + 1
        elif c == '{':
            end = matching_brace(code, at)
            head = code[start:at]
            if declares_function(head):
                yield start, head, at, code[at:end]
                start = end
            at = end
        else:
            at += 1


def matching_brace(code, at):
    depth = 0
    for i in range(at, len(code)):
        if code[i] == '{':
            depth += 1
        elif code[i] == '}':
            depth -= 1
            if depth == 0:
                return i + 1
    return len(code)


def declares_function(head):
    head = ATTRIBUTE.sub(lambda hit: blank(hit[0]), head).strip()
    return head.endswith(')') and '=' not in head and not head.startswith('typedef')


def signature_of(head):
    """(name, number of parameters, offset of the name) of `int f(int a, int b)`, or None."""
    head = ATTRIBUTE.sub(lambda hit: blank(hit[0]), head)
    hit = re.search(r'\b([A-Za-z_]\w*)\s*\(', head)
    while hit and hit[1] in NOT_FUNCTIONS:
        hit = re.compile(r'\b([A-Za-z_]\w*)\s*\(').search(head, hit.end())
    if not hit or not head[:hit.start()].strip():
        return None
    depth, commas, inside = 1, 0, ''
    for c in head[hit.end():]:
        depth += (c in '([{') - (c in ')]}')
        if depth == 0:
            break
        commas += c == ',' and depth == 1
        inside += c
    inside = inside.strip()
    return hit[1], 0 if inside in ('', 'void') else commas + 1, hit.start(1)


def functions_of(text):
    code = without_directives(without_comments(text))
    for start, head, body_at, body in statements_of(code):
        words = head.split()
        if not words or words[0] == 'typedef' or (body_at is None and '=' in head):
            continue
        signature = signature_of(head)
        if signature is None:
            continue
        name, parameters, offset = signature
        line = code.count('\n', 0, start + offset) + 1
        yield Function(name, line, parameters, body_at is None, body,
                       code.count('\n', 0, body_at) + 1 if body_at is not None else 0)


def declares_mutable(head):
    """The name of the variable that `head` makes, or None when it is constant or no variable."""
    head = re.sub(r'\{[^{}]*\}', ' ', ATTRIBUTE.sub(' ', head)).split('=')[0]
    words = re.findall(r'\w+', head)
    if not words or words[0] in ('typedef', 'struct', 'union', 'enum', 'extern', 'return') and len(words) < 3:
        return None
    if words[0] in ('typedef', 'extern', 'static_assert', '_Static_assert') or '(' in head or len(words) < 2:
        return None
    # `static const char *names[]` may be pointed elsewhere: the last star decides.
    if 'const' in re.findall(r'\w+', head.rsplit('*', 1)[-1]):
        return None
    if 'const' in words and '*' not in head:
        return None
    name = re.search(r'(\w+)\s*(\[[^\]]*\]\s*)*$', head.strip())
    return name[1] if name else None


def mutable_state_of(text):
    """Variables that outlive a call and can change: (line, name)."""
    code = without_directives(without_comments(text))
    for start, head, body_at, body in statements_of(code):
        if body_at is None:
            flat = head
            while re.search(r'\{[^{}]*\}', flat):
                flat = re.sub(r'\{[^{}]*\}', ' ', flat)
            if re.match(r'\s*(struct|union|enum)\s+\w*\s*$', flat):
                continue
            name = declares_mutable(flat)
            if name:
                yield code.count('\n', 0, start + len(head) - len(head.lstrip())) + 1, name
            continue
        for hit in re.finditer(r'^\s*((?:static|_Thread_local)\b[^;{]*)', body, re.MULTILINE):
            name = declares_mutable(hit[1])
            if name:
                line = code.count('\n', 0, body_at) + body.count('\n', 0, hit.start(1)) + 1
                yield line, name
