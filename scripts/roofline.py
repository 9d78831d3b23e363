"""Plots the work of each layer against the measured limits of the machine, as an SVG file.

usage: espalier bench --profile resnet56 --format json | roofline.py > roofline.svg

The x axis is the number of useful operations per byte of activations that must at least be moved, the y axis useful GFLOPS.
The roof is the lower of the measured peak and of the measured bandwidth times x. Winograd's minimal filtering needs fewer
operations than the definition, and so can be above the peak, as can products of bfloat16 values: it is that in float32.
"""
import json, math, sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 440, 64, 16, 44, 56
WORKS = [("forward", "#0072b2", "circle"), ("weight gradient", "#d55e00", "square"), ("input gradient", "#009e73", "triangle"),
         ("both gradients", "#cc79a7", "diamond")]


def marker(kind, x, y, color):
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}" fill-opacity="0.7"/>'
    if kind == "square":
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{color}" fill-opacity="0.7"/>'
    if kind == "diamond":
        return f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" fill="{color}" fill-opacity="0.7"/>'
    return f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z" fill="{color}" fill-opacity="0.7"/>'


def main():
    profile = json.load(sys.stdin)
    peak, bandwidth = profile["peak_gflops"], profile["bandwidth_gb_per_s"]
    rows = [row for row in profile["layers"] if row["mmacs"] > 0]
    low_x, high_x, low_y, high_y = 1, 512, 8, 1024

    def across(value):
        return LEFT + math.log(value / low_x) / math.log(high_x / low_x) * (WIDTH - LEFT - RIGHT)

    def up(value):
        return HEIGHT - BOTTOM - math.log(value / low_y) / math.log(high_y / low_y) * (HEIGHT - TOP - BOTTOM)

    def text(x, y, words, anchor="middle", extra=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{words}</text>'

    title = f'{profile["case"]}, batch {profile["batch"]}, {profile["threads"]} threads, {profile["kernels"]}'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>Roofline of {title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(WIDTH / 2, 20, f"Training {title}", extra='font-size="14"'),
    ]
    for power in range(10):
        x = 2**power
        out.append(f'<path d="M{across(x):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        out.append(text(across(x), HEIGHT - BOTTOM + 16, x))
    for power in range(3, 11):
        y = 2**power
        out.append(f'<path d="M{LEFT} {up(y):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        out.append(text(LEFT - 6, up(y) + 4, y, "end"))
    ridge = peak / bandwidth
    out.append(
        f'<path d="M{across(low_x):.1f} {up(max(low_y, low_x * bandwidth)):.1f}L{across(ridge):.1f} {up(peak):.1f}H{WIDTH - RIGHT}" '
        'fill="none" stroke="#333" stroke-width="2"/>'
    )
    out.append(text(WIDTH - RIGHT - 4, up(peak) - 6, f"measured peak {peak:.0f} GFLOPS", "end"))
    out.append(text(across(1.5), up(bandwidth) + 6, f"measured bandwidth {bandwidth:.0f} GB/s", "start"))
    for work, color, kind in WORKS:
        for row in rows:
            if row["work"] == work:
                x, y = across(2 * row["mmacs"] / row["mbytes"]), up(min(high_y, max(low_y, row["gflops"])))
                out.append(marker(kind, x, y, color))
    for index, (work, color, kind) in enumerate(WORKS):
        x = LEFT + 20 + index * 150
        out += [marker(kind, x, TOP - 8, color), text(x + 10, TOP - 4, work, "start")]
    out.append(text((LEFT + WIDTH) / 2, HEIGHT - 14, "useful operations a byte of activations"))
    out.append(f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">useful GFLOPS</text>')
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
