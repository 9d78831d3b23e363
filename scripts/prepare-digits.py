#!/usr/bin/env python3
"""Writes Sources/Datasets/Resources/digits.bin.gz from the UCI digits as comma-separated values.

usage: prepare-digits.py DIGITS_CSV[.gz] OUTPUT

DIGITS_CSV has 1,797 rows of 64 values from 0 to 16, then the label: `optdigits.tes` of
https://doi.org/10.24432/C50P49 (Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", 1998, CC BY 4.0), or
scikit-learn's `digits.csv.gz`. OUTPUT has a record an image in the same order: the label, then 64 bytes, each value
scaled to 0..255 and rounded.
"""
import gzip
import sys


def main(source, output):
    opened = gzip.open(source, "rt") if source.endswith(".gz") else open(source)
    records = bytearray()
    with opened as lines:
        for line in lines:
            *values, label = (int(float(field)) for field in line.split(","))
            assert len(values) == 64 and all(0 <= value <= 16 for value in values) and 0 <= label <= 9, line
            records.append(label)
            records.extend((value * 255 + 8) // 16 for value in values)
    assert len(records) == 1797 * 65, len(records)
    with open(output, "wb") as file:
        # No time stamp and no name: the same bytes every time.
        file.write(gzip.compress(bytes(records), compresslevel=9, mtime=0))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
