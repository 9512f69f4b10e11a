"""Parameters as people write them, and what stands around them."""

from __future__ import annotations
import os; os.environ.setdefault("A", "b")

INT, OTHER = 1, 2  # not one name
SEED = 20; EPOCHS = 1_000; HEX = 0xFF; OCT = 0o17; BIN = 0b101
LR = 1e-3
NEGATIVE = -1
POSITIVE = +2.5
BOOL = True
FALSE: bool = False
NOTHING = None
ANNOTATED: dict[str, int] = {"a": 1}
ONLY_ANNOTATED: int
TYPED_LAMBDA: "Callable[[int], int]" = 3
(WRAPPED): int = 4
LAST = 1
LAST = 2
A = B = 3
COMPUTED = 1 + 2
CALLED = int("3")
TERNARY = 1 if LAST else 2
COMPARED = 1 == 1
SUBSCRIPT = [1, 2][0]
IMAGINARY = 2j
BYTES = b"x"
DOTS = ...
FSTRING = f"{LR:>10}" f'{SEED!r:{"10"}}'
NESTED_QUOTES = f"{os.environ['A']}"
TUPLE = (1, "two", 3.0)
ONE = (1,)
BARE = 1, 2,
GROUPED = (5)
EMPTY = ()
LIST = [
    1,  # one
    [2, [3]],

    -4,
]
SET = {1}
NO_SET = set()
DICT = {"a": {"b": [1, 2]}, 1: "int", 2.5: "float", None: "null", "a": {"b": 2}}
TUPLE_KEY = {(1, 2): 3}
SPREAD = {**DICT}
STARRED = [*LIST]
STRINGS = "a" 'b' """c"""
JOINED = (
    "one "
    r"\two "
    u"three"
)
ESCAPES = "\\ \' \" \a\b\f\n\r\t\v \x41\101\u00e9\U0001f600 \
on"
UNKNOWN_ESCAPE = r"\q" "\\q"
NAMED_ESCAPE = "\N{BULLET}" if False else "x"
TRIPLE = """line 1
  "quoted" line 2
"""
RAW = r"C:\new\"dir"
CONTINUED = \
    7
SEED += 1
COMPARES = 3 < 4
print("x"); PRINTED_AFTER = 8
UNICODE = "é😀"
größe = 9
self.attribute = 10
other.attribute = 11
x[0] = 12
lambda: 0

if BOOL:
    IN_IF = 1
else: ELSE = 2

for i in range(3): LOOP = i

with open("x") as f:
    if BOOL:
        DEEP = 1
    SHALLOW = 2

try:
    TRY = 1
except Exception:
    pass
finally:
    pass

match LAST:
    case 1:
        MATCHED = 1
    case _: MATCHED = 2


def function(argument=1):
    LOCAL = 1
    return {"a": LOCAL}


async def coroutine():
    LOCAL = 1


@decorated(
    "x",
    y=1,
)
class Train:
    """What training takes."""

    lr = 0.1
    layers: list[int] = [64, 32]
    total = lr * 2

    class Optimizer(Base, metaclass=Meta):
        name = "adam"

    def __init__(self, lr: float = 0.5, *, f=lambda x: 1) -> None:
        local = 1
        self.momentum = 0.9
        self.state: dict = {}
        self.lr_given = lr
        self.deep.attribute = 1
        if lr:
            self.in_if = 1

        def inner():
            self.in_inner = 1

    def method(self):
        self.in_method = 1

    AFTER = "method"


class OneLine: a = 1; b = 2
class Empty: pass
	
# at the end, a comment
END = "end"
