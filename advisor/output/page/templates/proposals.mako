<%namespace name="parts" file="parts.mako"/>
<%namespace name="sections" file="sections.mako"/>
<%def name="proposals(view)">
<h2>Proposals</h2>
<p class="lead">One index each, the most useful first. The figures of an index count what would be lost without it once all others stand.</p>
% for number, one in enumerate(view.report.proposals[:view.whole]):
${proposal(view, one, number)}
% endfor
% if len(view.report.proposals) > view.whole:
<details><summary>${len(view.report.proposals) - view.whole} smaller ones, in short</summary>
% for one in view.report.proposals[view.whole:]:
<div class="finding" id="${anchor(view.prefix + 'p', one.id)}"><code>${one.ddl}</code><p class="small soft">${one.reason}</p></div>
% endfor
</details>
% endif
</%def>

<%def name="rejected(view)">
% if view.report.coverage.rejected:
<details><summary>${len(view.report.coverage.rejected)} left out because somebody decided so</summary><ul class="plain small">
% for one in view.report.coverage.rejected[:200]:
<li>${one.name} on ${one.table}: ${one.reason}${f" (until {one.expires})" if one.expires else ""}</li>
% endfor
</ul></details>
% endif
</%def>

<%def name="proposal(view, one, number)">
<%
passed = to_do.proven(view.report, one.id)
drop = one.action == "drop"
%>
<article class="card" id="${anchor(view.prefix + 'p', one.id)}">
<div class="head"><h3>${number + 1}. ${"Drop " + one.name if drop else f"{one.table} ({to_do.key_list(one)})"}</h3>
<div class="tags"><span class="tag kind">${one.action}</span><span class="tag ${one.confidence}">confidence ${one.confidence}</span>\
% if passed is not None:
<span class="tag ${'proven' if passed else 'failed'}">${"proven" if passed else "proof FAILED"}</span>\
% endif
</div></div>
${parts.code(one.ddl, "the statement")}
<dl class="facts">
<dt>why</dt><dd>${one.reason}</dd>
% if not drop:
<dt>gain</dt><dd>${units.milliseconds(one.benefit.time_saved_ms_per_day * view.days)} of the ${units.milliseconds(view.report.coverage.total_ms)} captured; cost of its queries −${f"{one.benefit.percent:.0f}"} %</dd>
<dt>size</dt><dd>${units.size(one.size_bytes)}, ${units.count(one.size.tuples)} entries</dd>
% endif
<dt>${"spares" if drop else "write cost"}</dt><dd>${to_do.spent(one.write_cost.ms_per_day, view.report)}\
% if view.report.coverage.rates:
 for ${units.count(one.write_cost.writes_per_day)} index entries a day\
% endif
% if one.write_cost.hot_updates_lost_per_day:
; ${units.count(one.write_cost.hot_updates_lost_per_day * (1 if view.report.coverage.rates else view.days))} updates stop being HOT\
% endif
</dd>
% if not drop:
<dt>rests on</dt><dd>${to_do.BASIS[one.basis]}</dd>
% endif
% if one.replaces:
<dt>replaces</dt><dd>${", ".join(one.replaces)}</dd>
% endif
% if one.accepted:
<dt>accepted</dt><dd>${one.accepted.reason}${f" (until {one.accepted.expires})" if one.accepted.expires else ""}</dd>
% endif
% if one.requires:
<dt>needs</dt><dd>extension ${", ".join(one.requires)}</dd>
% endif
</dl>
% if one.queries:
<h4>Queries it serves</h4>
<table class="stack"><thead><tr><th scope="col">query</th><th scope="col" class="num">cost now</th><th scope="col" class="num">cost after</th><th scope="col" class="num">saves</th></tr></thead><tbody>
% for served in one.queries[:8]:
<tr><td>${sections.link(view, served.query)}\
% if served.query in view.queries:
 <span class="small">${units.one_line(view.queries[served.query].text, 110)}</span>\
% endif
</td><td class="num" data-label="cost now">${f"{served.cost_before:,.0f}"}</td><td class="num" data-label="cost after">${f"{served.cost_after:,.0f}"}</td><td class="num" data-label="saves">${units.milliseconds(served.time_saved_ms_per_day * view.days)}</td></tr>
% endfor
</tbody></table>
% if len(one.queries) > 8:
<p class="small soft">and ${len(one.queries) - 8} more</p>
% endif
% endif
<% drawn = [view.plans[served.query] for served in one.queries if served.query in view.plans] %>
% if drawn:
<h4>Plans, side by side</h4>
% for place, pair in enumerate(drawn[:3]):
<details ${"open" if number < 3 and not place else ""} class="print"><summary>query ${short(pair.query)}: cost ${f"{pair.cost_before:,.0f}"} → ${f"{pair.cost_after:,.0f}"}</summary>
${parts.plans(pair)}
% if pair.query in view.queries:
<details><summary>The query</summary>${parts.code(laid_out(view.queries[pair.query].text), "the query")}</details>
% endif
</details>
% endfor
% endif
${revision(one.revision)}
<% steps = [proof for proof in view.report.proof.revisions if proof.proposal == one.id] %>
% for proof in steps:
<details><summary>Proof of revision ${proof.revision}: ${"passed" if proof.passed else "FAILED"}, ${len(proof.steps)} steps</summary><ul class="plain small">
% for step in proof.steps:
<li><span class="${'good-line' if step.passed else 'bad-line'}">${"✓" if step.passed else "✗"} ${step.name}</span> ${step.detail[:300]}</li>
% endfor
</ul></details>
% endfor
</article>
</%def>

<%def name="revision(written)">
% if written:
<h4>Revision ${written.revision}</h4>
<p class="small soft">${written.path}${f" after {written.down_revision}" if written.down_revision else ""}</p>
<details><summary>What it runs</summary>${parts.code(written.sql, "the SQL")}</details>
% if written.model:
<p class="small">The line for the model, so that Alembic does not drop it again:</p>
${parts.code(written.model, "the model line")}
% endif
% else:
<p class="small soft">No revision was written: <code>advisor migrate report.json --alembic alembic.ini</code> writes one.</p>
% endif
</%def>
