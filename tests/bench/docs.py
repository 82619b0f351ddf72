"""Writes the figures of the last run into docs/evidence/BENCH.md: `make bench-docs`."""

import figures

PAGE = figures.REPOSITORY / "docs/evidence/BENCH.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def main():
    measured = [figures.Figure(**row) for row in figures.read(figures.FILE, [])]
    if not measured:
        raise SystemExit(f"{figures.FILE} has no figures: `make bench` measures them")
    run = figures.read(figures.RUN_FILE, None)
    notes = "\n".join(f"- `{measure}`: {note}" for measure, note in sorted(run["notes"].items()))
    rows = [[f"`{figure.measure}`", *figure.row()[1:]] for figure in measured]
    written = f"Measured on {run['machine']}.\n\n{figures.table([figures.COLUMNS, *rows])}\n\n{notes}"
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{written}\n{END}{after}")
    print(f"{len(measured)} figures in {PAGE.relative_to(figures.REPOSITORY)}")


if __name__ == "__main__":
    main()
