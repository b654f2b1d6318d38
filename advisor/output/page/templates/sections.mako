<%namespace name="parts" file="parts.mako"/>
<%namespace name="proposals" file="proposals.mako"/>
<%namespace name="findings" file="findings.mako"/>
<%namespace name="closing" file="closing.mako"/>

<%def name="link(view, query)">\
% if query in view.queries:
<a href="#${anchor(view.prefix + 'q', query)}"><code>${short(query)}</code></a>\
% else:
<code>${short(query)}</code>\
% endif
</%def>

<%def name="proposal(view, id, said)">\
% if id in view.proposals:
<a href="#${anchor(view.prefix + 'p', id)}">${said}</a>\
% else:
${said}\
% endif
</%def>

<%def name="report(view)">
<%
coverage = view.report.coverage
parts_shown = [
    ("todo", "What to do", True),
    ("since", "Since the earlier report", view.since),
    ("time", "Time by query", view.times),
    ("curve", "Benefit by size", view.curve),
    ("proposals", "Proposals", view.report.proposals),
    ("loops", "Loops", view.loops),
    ("findings", "Findings", view.rules),
    ("whynot", "Left without", coverage.without_proposal),
    ("proof", "Proof", view.report.proof.revisions or view.report.proof.timings),
    ("coverage", "Coverage", True),
    ("queries", "All queries", view.times),
]
%>
<header class="top"><strong>${view.label}</strong>${f" · {coverage.server}" if coverage.server else ""}${f" · {view.span}" if view.span else ""} · ${units.count(coverage.queries)} queries, ${units.count(coverage.calls)} executions</header>
<section id="${view.prefix}todo">
<h1>${view.headline}</h1>
% if view.report.failed:
<p class="bad-line"><strong>This run failed</strong> (--fail-level ${view.report.fail_level}).</p>
% endif
<dl class="figures">
% for figure in view.figures:
<div><dt>${figure.label}</dt><dd>${figure.value}</dd></div>
% endfor
</dl>
${todo(view)}
<nav aria-label="Parts of the report of ${view.label}"><ul>
% for name, title, there in parts_shown[1:]:
% if there:
<li><a href="#${view.prefix}${name}">${title}</a></li>
% endif
% endfor
</ul></nav>
</section>
% if view.since:
<section class="part" id="${view.prefix}since">${closing.since(view)}</section>
% endif
% if view.times:
<section class="part" id="${view.prefix}time">${times(view)}</section>
% endif
% if view.curve:
<section class="part" id="${view.prefix}curve">
<h2>Benefit by size</h2>
<p class="lead">What the best choice of indexes saves of the captured time, by the bytes it may take. The ring marks what is proposed.</p>
<div class="card">
${parts.curve(view.curve)}
<details><summary>As a table</summary><table><thead><tr><th scope="col" class="num">indexes</th><th scope="col" class="num">time saved</th><th scope="col" class="num">share</th></tr></thead><tbody>
% for one in view.curve.places:
<tr><td class="num">${one.bytes}</td><td class="num">${one.saved}</td><td class="num">${one.share}</td></tr>
% endfor
</tbody></table></details>
</div>
</section>
% endif
% if view.report.proposals:
<section class="part" id="${view.prefix}proposals">${proposals.proposals(view)}</section>
% endif
% if view.loops:
<section class="part" id="${view.prefix}loops">${findings.loops(view)}</section>
% endif
% if view.rules:
<section class="part" id="${view.prefix}findings">${findings.by_rule(view)}</section>
% endif
% if coverage.without_proposal:
<section class="part" id="${view.prefix}whynot">${closing.whynot(view)}</section>
% endif
% if view.report.proof.revisions or view.report.proof.timings:
<section class="part" id="${view.prefix}proof">${closing.proof(view)}</section>
% endif
<section class="part" id="${view.prefix}coverage">${closing.coverage(view)}</section>
% if view.times:
<section class="part" id="${view.prefix}queries">${closing.queries(view)}</section>
% endif
</%def>

<%def name="todo(view)">
% if view.actions:
<div class="card">
<h2>What to do, what it brings, how sure</h2>
${actions(view, view.actions[:8], 1)}
% if len(view.actions) > 8:
<details class="print"><summary>${len(view.actions) - 8} more</summary>${actions(view, view.actions[8:], 9)}</details>
% endif
<p class="small soft">Shares are of the database time captured, each thing done on its own: what an index saves, a loop that is gone needs not save again.\
% if not view.report.coverage.rates:
 The capture is too short to say what that is a day.\
% endif
</p>
</div>
% endif
</%def>

<%def name="actions(view, listed, first)">
<table class="stack">
<thead><tr><th scope="col" class="rank">#</th><th scope="col">do</th><th scope="col">brings</th><th scope="col">costs</th><th scope="col">how sure</th></tr></thead>
<tbody>
% for number, one in enumerate(listed, first):
<tr><td class="rank">${number}</td>
<td class="what"><span class="tag kind">${one.kind}</span> <a href="#${view.prefix}${one.target}">${one.what}</a></td>
<td class="wide" data-label="brings">${one.brings}\
% if one.saved_ms:
${parts.bar(one.share, said=one.brings)}\
% endif
</td>
<td data-label="costs">${one.costs}</td>
<td data-label="sure"><span class="tag ${one.sure}">${one.sure}</span>\
% if one.why_sure:
 <span class="small soft">${one.why_sure}</span>\
% endif
</td></tr>
% endfor
</tbody></table>
</%def>

<%def name="times(view)">
<h2>Time by query</h2>
<p class="lead">What each query took in the captured time, and what is left of it, by the planner's costs, once every proposal is carried out.</p>
<div class="card">
<ul class="key"><li><i></i>now</li><li><i class="after"></i>with all proposals (estimated)</li></ul>
<%
total = sum(one.before_ms for one in view.times) or 1.0
%>
<table class="stack">
<thead><tr><th scope="col">query</th><th scope="col" class="num">calls</th><th scope="col" class="num">mean</th><th scope="col" class="num">p95</th><th scope="col" class="num">now</th><th scope="col" class="num">after</th><th scope="col" class="num">share</th><th scope="col"><span class="sr">bar</span></th></tr></thead>
<tbody>
% for one in view.times[:20]:
<tr><td class="what">${link(view, one.query.id)} <span class="small">${units.one_line(one.query.text, 90)}</span></td>
<td class="num" data-label="calls">${units.count(one.query.calls)}</td><td class="num" data-label="mean">${units.milliseconds(one.query.mean_ms)}</td><td class="num" data-label="p95">${units.milliseconds(one.query.p95_ms)}</td>
<td class="num" data-label="now">${units.milliseconds(one.before_ms)}</td><td class="num" data-label="after">${units.milliseconds(one.after_ms)}</td><td class="num" data-label="share">${f"{one.before_ms / total:.1%}"}</td>
<td class="wide">${parts.bar(one.before, one.after, f"{units.milliseconds(one.before_ms)} now, {units.milliseconds(one.after_ms)} after")}</td></tr>
% endfor
</tbody></table>
% if len(view.times) > 20:
<p class="small soft">The 20 heaviest of ${units.count(len(view.times))}; <a href="#${view.prefix}queries">all of them</a>.</p>
% endif
</div>
</%def>
