#!/usr/bin/env python3
"""Every colour pair of style.css that carries words reaches WCAG 2.2 AA, in both themes: 4.5 for text,
3 for the edges of controls and the shapes that mean something. Prints TAP."""
import pathlib
import re
import sys

STYLE = pathlib.Path(__file__).resolve().parent.parent / "assets/style.css"
TEXT = [("ink", ["paper", "card", "sunk", "honey-wash", "pine-wash", "rust-wash"]), ("soft", ["paper", "card", "sunk"]),
        ("pine", ["paper", "card", "sunk", "pine-wash", "honey-wash"]), ("rust", ["paper", "card", "rust-wash"]),
        ("on-honey", ["honey", "honey-deep"])]
SHAPE = [("edge", ["paper", "card"]), ("honey-deep", ["paper", "card"])]


def colours(block):
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes():
    css = STYLE.read_text(encoding="utf-8")
    light = colours(re.search(r":root \{(.*?)\}", css, re.S).group(1))
    by_system = colours(re.search(r":root:not\(\.light\) \{(.*?)\}", css, re.S).group(1))
    by_choice = colours(re.search(r":root\.dark \{(.*?)\}", css, re.S).group(1))
    return light, by_system, by_choice


def main():
    light, by_system, by_choice = themes()
    results = [("the dark theme is the same by system and by choice", by_system == by_choice and len(by_choice) > 10)]
    for theme, table in (("light", light), ("dark", {**light, **by_choice})):
        for wanted, pairs in ((4.5, TEXT), (3.0, SHAPE)):
            for front, backs in pairs:
                for back in backs:
                    found = contrast(table[front], table[back])
                    results.append((f"{theme}: {front} on {back} {found:.2f} >= {wanted}", found >= wanted))
    print(f"1..{len(results)}")
    for number, (words, is_fine) in enumerate(results, 1):
        print(f"{'ok' if is_fine else 'not ok'} {number} {words}")
    return 0 if all(is_fine for _, is_fine in results) else 1


sys.exit(main())
