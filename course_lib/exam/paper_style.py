"""How a printed exam looks."""

STYLE = """
@page { size: A4; margin: 17mm 16mm 19mm;
  @bottom-right { content: counter(page); } }
:root { font: 10.5pt/1.4 "Liberation Serif", "Times New Roman", serif;
  color: #000; background: #fff; }
math {
  font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "DejaVu Math TeX Gyre", math;
  font-size-adjust: 0.46; }
.glued { white-space: nowrap; }
body { margin: 0 auto; max-width: 178mm; }
.paper, .sheet { break-before: page; }
.paper { counter-reset: page; }
header.scheme { break-after: auto; }
.paper:first-child { break-before: auto; }
h1 { font-size: 16pt; margin: 0 0 2mm; }
h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid; }
h2 small, caption small { font-weight: normal; font-size: 9.5pt; color: #333; }
p, ul, ol { margin: 0 0 2mm; }
header { border-bottom: 0.4mm solid #000; padding-bottom: 2mm; }
header ul { padding-left: 5mm; font-size: 9.5pt; }
.who { margin: 3mm 0; }
.statement { break-after: avoid; }
.exercise, .statement, .step, tr, li, img, math { break-inside: avoid; }
.step { margin: 0 0 2.5mm 6mm; }
.step > p:first-child { text-indent: -6mm; }
.options { list-style: none; padding-left: 6mm; margin: 0; }
.options.short { columns: 4; }
.id { font-size: 7.5pt; color: #555; text-align: right; margin: 0; }
table { border-collapse: collapse; margin: 2mm 0; }
th, td { border: 0.2mm solid #555; padding: 0.6mm 2.2mm; }
thead { display: table-header-group; }
img { max-width: 100%; }
.blank { display: inline-block; min-width: 19mm; border-bottom: 0.3mm solid #000; height: 1.2em; }
.blank.long { min-width: 62mm; }
.entry, .tick { display: inline-block; white-space: nowrap; margin-right: 3mm; }
.box { display: inline-block; width: 3.4mm; height: 3.4mm; border: 0.3mm solid #000; }
.grid { margin: 1mm 0; }
.grid td { width: 20mm; height: 6mm; }
table.answers { width: 100%; }
table.answers > tbody > tr > td { vertical-align: middle; padding: 1.1mm 2.2mm; }
table.answers > tbody > tr > td:first-child { white-space: nowrap; width: 12mm; }
tr.title th { text-align: left; background: #eee; break-after: avoid; }
tr.title { break-after: avoid; }
.points { width: 18mm; text-align: right; white-space: nowrap; }
.total { text-align: right; font-weight: bold; }
table.key { width: 100%; font-size: 9pt; margin-bottom: 5mm; break-inside: avoid; }
table.key caption { text-align: left; font-weight: bold; font-size: 10.5pt; break-after: avoid; }
table.key td { vertical-align: top; overflow-wrap: anywhere; }
table.key td:nth-child(1), table.key td:nth-child(4) { white-space: nowrap; text-align: center; }
table.key td:nth-child(2) { width: 34mm; }
table.key td:nth-child(3) { width: 34mm; }
table.key td:nth-child(5) { width: 24mm; }
table.key ul { margin: 0; padding-left: 3.5mm; }
tr.how { break-before: avoid; }
table.key tr.how td:nth-child(2) { width: auto; }
@media screen { body { padding: 8mm; } }
"""
