<%def name="code(text, label='')">\
<div class="code"><button class="copy" type="button" hidden aria-label="Copy ${label}">Copy</button><pre tabindex="0"><code>${text}</code></pre></div>
</%def>
<%def name="bar(before, after=None, said='')">\
<div class="bar" role="img" aria-label="${said}"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="${'fill-before' if after is not None else 'fill-accent'}" width="${f'{before:.2f}'}" height="10"/>\
% if after is not None:
<rect class="fill-after" width="${f'{after:.2f}'}" height="10"/>\
% endif
</svg></div>
</%def>
<%def name="branch(node, word)">\
<li><div class="node${' changed' if node.changed else ''}"><b>${node.title}</b>\
% if node.changed:
 <span class="mark">${word}</span>\
% endif
% if node.index:
<span>using ${node.index}</span>\
% endif
<span>${node.facts}</span>\
% for name, said in node.conditions:
<span>${name}: <code>${said}</code></span>\
% endfor
<div class="bar" aria-hidden="true"><svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="fill-before" width="${f'{node.share:.2f}'}" height="10"/></svg></div></div>\
% if node.below:
<ul>\
% for child in node.below:
${branch(child, word)}\
% endfor
</ul>\
% endif
</li>
</%def>
<%def name="plans(pair)">
<div class="sides">
<div class="side old"><strong>Plan now · cost ${f"{pair.cost_before:,.0f}"}</strong><ul class="plan">${branch(pair.before, "goes")}</ul></div>
<div class="side new"><strong>Plan with all proposals · cost ${f"{pair.cost_after:,.0f}"}</strong><ul class="plan">${branch(pair.after, "new")}</ul></div>
</div>
</%def>
<%def name="facts(pairs)">
<dl class="facts">
% for label, text in pairs:
<dt>${label}</dt><dd>${text}</dd>
% endfor
</dl>
</%def>
<%def name="curve(drawing)">
<div class="chart">
<svg viewBox="0 0 480 220" role="img" aria-label="Time saved by size of the indexes: ${'; '.join(f'{one.bytes} save {one.saved}' for one in drawing.places[:12])}">
% for y, label in drawing.rows:
<line class="stroke-line" x1="68" x2="464" y1="${y}" y2="${y}"/><text x="62" y="${y + 4}" text-anchor="end">${label}</text>
% endfor
% for x, label in drawing.columns:
<text x="${x}" y="208" text-anchor="${'start' if x < 80 else 'end' if x > 450 else 'middle'}">${label}</text>
% endfor
<path class="stroke-accent" d="${drawing.path}"/>
% for one in drawing.places:
<circle class="fill-accent" cx="${one.x}" cy="${one.y}" r="3.5"><title>${one.bytes} save ${one.saved}</title></circle>
% endfor
% if drawing.chosen:
<circle class="stroke-after" cx="${drawing.chosen.x}" cy="${drawing.chosen.y}" r="8"/>
<text class="strong" x="${min(max(drawing.chosen.x, 140), 464)}" y="${drawing.chosen.y + 26}" text-anchor="end">chosen: ${drawing.chosen.bytes}</text>
% endif
</svg>
</div>
</%def>
<%def name="timeline(drawing, child, parent)">
<div class="chart work" role="img" aria-label="${f'One unit of work: {drawing.statements} statements in {units.milliseconds(drawing.whole_ms)}; as one statement {units.milliseconds(drawing.after_ms)}'}">
<p><strong>now</strong> ${drawing.statements} statements, ${units.milliseconds(drawing.whole_ms)}</p>
<svg viewBox="0 0 480 30" aria-hidden="true" preserveAspectRatio="none">
<rect class="fill-soft" x="${drawing.loop.x}" width="${drawing.loop.width}" height="22"/>
% if drawing.parent:
<rect class="fill-before" x="${drawing.parent.x}" y="2" width="${drawing.parent.width}" height="18"/>
% endif
% for one in drawing.rounds:
<rect class="fill-bad" x="${one.x}" y="2" width="${one.width}" height="18"/>
% endfor
<path class="stroke-bad" vector-effect="non-scaling-stroke" d="M${drawing.loop.x + 1} 24 v5 H${round(drawing.loop.x + drawing.loop.width - 1, 2)} v-5"/>
</svg>
<ul class="key">
% if drawing.parent:
<li><i></i>1 × ${parent}</li>
% endif
<li><i class="bad"></i>${drawing.times} × ${child}, one after the other${f" ({drawing.left_out} in the middle are not drawn)" if drawing.left_out else ""}</li></ul>
<p><strong>as one statement</strong> ${units.milliseconds(drawing.after_ms)}</p>
<svg viewBox="0 0 480 22" aria-hidden="true" preserveAspectRatio="none">
% for number, one in enumerate(drawing.after):
<rect class="${'fill-before' if drawing.parent and not number else 'fill-after'}" x="${one.x}" y="2" width="${max(one.width, 3)}" height="18"/>
% endfor
</svg>
</div>
</%def>
