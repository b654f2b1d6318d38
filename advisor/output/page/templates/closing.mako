<%namespace name="parts" file="parts.mako"/>
<%namespace name="sections" file="sections.mako"/>
<%namespace name="proposals" file="proposals.mako"/>

<%def name="whynot(view)">
<h2>Heavy queries without a proposal, and why</h2>
<div class="card">
<table class="stack"><thead><tr><th scope="col">query</th><th scope="col">why</th></tr></thead><tbody>
% for why in view.report.coverage.without_proposal[:30]:
<tr><td>${sections.link(view, why.query)}\
% if why.query in view.queries:
 <span class="small">${units.one_line(view.queries[why.query].text, 100)}</span>\
% endif
</td><td data-label="why">${why.explanation}</td></tr>
% endfor
</tbody></table>
% if len(view.report.coverage.without_proposal) > 30:
<p class="small soft">and ${len(view.report.coverage.without_proposal) - 30} lighter ones, which the JSON report lists</p>
% endif
</div>
</%def>

<%def name="proof(view)">
<% proof = view.report.proof %>
<h2>Proof</h2>
<p class="lead">Each revision was run on ${proof.server}, a throw-away server, undone, run again and made to fail. Production was not touched.</p>
% if proof.revisions:
<div class="card">
<table class="stack"><thead><tr><th scope="col">revision</th><th scope="col">index</th><th scope="col">verdict</th><th scope="col">steps</th></tr></thead><tbody>
% for one in proof.revisions:
<tr><td>${sections.proposal(view, one.proposal, one.revision)}</td><td>${one.index}</td><td><span class="tag ${'proven' if one.passed else 'failed'}">${"proven" if one.passed else "FAILED"}</span></td><td class="small soft">${", ".join(step.name for step in one.steps) if one.passed else "; ".join(f"{step.name}: {step.detail}" for step in one.steps if not step.passed)}</td></tr>
% endfor
</tbody></table>
</div>
% endif
% if proof.timings:
<div class="card">
<h3>Measured on data, before and after</h3>
<% most = max((max(one.total_before_ms, one.total_after_ms) for one in proof.timings), default=0) or 1.0 %>
<table class="stack"><thead><tr><th scope="col">query</th><th scope="col" class="num">runs</th><th scope="col" class="num">p95</th><th scope="col" class="num">total</th><th scope="col"><span class="sr">bar</span></th></tr></thead><tbody>
% for one in proof.timings[:30]:
<tr><td>${sections.link(view, one.query)}</td><td class="num" data-label="runs">${units.count(one.executions)}</td><td class="num" data-label="p95">${units.milliseconds(one.before_ms.p95)} → ${units.milliseconds(one.after_ms.p95)}</td><td class="num" data-label="total">${units.milliseconds(one.total_before_ms)} → ${units.milliseconds(one.total_after_ms)}</td><td class="wide">${parts.bar(100 * one.total_before_ms / most, 100 * one.total_after_ms / most, "before and after")}</td></tr>
% endfor
</tbody></table>
</div>
% endif
${notes(proof.notes)}
</%def>

<%def name="notes(listed)">
% if listed:
<ul class="plain small">
% for note in dict.fromkeys(listed):
<li>${note}</li>
% endfor
</ul>
% endif
</%def>

<%def name="coverage(view)">
<% coverage = view.report.coverage %>
<h2>Coverage: what was read, skipped and assumed</h2>
<div class="card">
<table class="stack"><thead><tr><th scope="col">input</th><th scope="col">kind</th><th scope="col" class="num">size</th><th scope="col" class="num">records</th><th scope="col" class="num">executions</th><th scope="col" class="num">understood</th></tr></thead><tbody>
% for one in view.report.inputs[:100]:
<tr><td>${one.name}</td><td data-label="kind">${one.kind}</td><td class="num" data-label="size">${units.size(one.bytes)}</td><td class="num" data-label="records">${units.count(one.records)}</td><td class="num" data-label="executions">${units.count(one.executions)}</td><td class="num" data-label="understood">${f"{one.understood:.1%}"}</td></tr>
% endfor
</tbody></table>
% if len(view.report.inputs) > 100:
<p class="small soft">and ${len(view.report.inputs) - 100} more inputs</p>
% endif
<% left = [(one.name, reason, skip) for one in view.report.inputs for reason, skip in one.skipped.items()] %>
% if left:
<h4>Skipped</h4><ul class="plain small">
% for name, reason, skip in left[:60]:
<li>${name}: ${units.count(skip.count)} × ${reason}${f" (first: {units.one_line(skip.examples[0], 120)})" if skip.examples else ""}</li>
% endfor
</ul>
% endif
<% filtered = [(one.name, reason, skip) for one in view.report.inputs for reason, skip in one.filtered.items()] %>
% if filtered:
<h4>Filtered, as was asked</h4><ul class="plain small">
% for name, reason, skip in filtered[:60]:
<li>${name}: ${units.count(skip.count)} × ${reason}</li>
% endfor
</ul>
% endif
<% hidden = [(one.name, sentence) for one in view.report.inputs for sentence in one.hides] %>
% if hidden:
<h4>What the settings of the log hide</h4><ul class="plain small">
% for name, sentence in hidden[:60]:
<li>${name}: ${sentence}</li>
% endfor
</ul>
% endif
% if coverage.not_analysed:
<h4>Not analysed</h4>
<details><summary>${units.count(len(coverage.not_analysed))} queries</summary><ul class="plain small">
% for query, reason in list(coverage.not_analysed.items())[:200]:
<li>${sections.link(view, query)}: ${reason}</li>
% endfor
</ul></details>
% endif
${proposals.rejected(view)}
% if coverage.notes:
<h4>Assumed, and to know</h4>
${notes(coverage.notes)}
% endif
</div>
</%def>

<%def name="queries(view)">
<h2>All queries</h2>
<% served = served_by(view.report.proposals) %>
<details class="card"><summary>${units.count(len(view.times))} queries, the heaviest first</summary>
<table class="stack"><thead><tr><th scope="col">query</th><th scope="col" class="num">calls</th><th scope="col" class="num">mean</th><th scope="col" class="num">p95</th><th scope="col" class="num">total</th></tr></thead><tbody>
% for one in view.times:
<tr id="${anchor(view.prefix + 'q', one.query.id)}"><td><code>${short(one.query.id)}</code> <code>${units.one_line(one.query.text, view.longest)}</code>\
% for proposal in served.get(one.query.id, ())[:3]:
 <a href="#${anchor(view.prefix + 'p', proposal.id)}">${proposal.name}</a>\
% endfor
</td><td class="num" data-label="calls">${units.count(one.query.calls)}</td><td class="num" data-label="mean">${units.milliseconds(one.query.mean_ms)}</td><td class="num" data-label="p95">${units.milliseconds(one.query.p95_ms)}</td><td class="num" data-label="total">${units.milliseconds(one.before_ms)}</td></tr>
% endfor
</tbody></table></details>
</%def>

<%def name="since(view)">
<%
comparison = view.since.comparison
both = [one for one in comparison.changes if one.before and one.after]
expected, took = comparison.expected_ms, comparison.took_ms
%>
<h2>Since the earlier report</h2>
% if expected:
<p class="lead">The executions of the queries in both reports took ${units.milliseconds(took)}; at the means before they would have taken ${units.milliseconds(expected)}: ${f"{abs(took - expected) / expected:.0%}"} ${"less" if took < expected else "more"}.</p>
% else:
<p class="lead">No query is in both reports: their times cannot be compared.</p>
% endif
<div class="card">
% if both:
<% most = max(max(one.before.mean_ms * one.after.calls, one.after.total_ms) for one in both[:20]) or 1.0 %>
<ul class="key"><li><i></i>its executions at the mean before</li><li><i class="after"></i>what they took</li></ul>
<table class="stack"><thead><tr><th scope="col">query</th><th scope="col">verdict</th><th scope="col" class="num">calls</th><th scope="col" class="num">mean</th><th scope="col" class="num">p95</th><th scope="col"><span class="sr">bar</span></th></tr></thead><tbody>
% for one in both[:20]:
<tr><td>${sections.link(view, one.id)} <span class="small">${units.one_line(one.text, 90)}</span></td><td><span class="tag ${'proven' if one.verdict == 'faster' else 'failed' if one.verdict == 'slower' else 'kind'}">${one.verdict}${" (few calls)" if one.few else ""}</span></td><td class="num" data-label="calls">${units.count(one.before.calls)} → ${units.count(one.after.calls)}</td><td class="num" data-label="mean">${units.milliseconds(one.before.mean_ms)} → ${units.milliseconds(one.after.mean_ms)}</td><td class="num" data-label="p95">${units.milliseconds(one.before.p95_ms)} → ${units.milliseconds(one.after.p95_ms)}</td><td class="wide">${parts.bar(100 * one.before.mean_ms * one.after.calls / most, 100 * one.after.total_ms / most, f"{one.verdict}")}</td></tr>
% endfor
</tbody></table>
% endif
% for name, moved in (("Proposals", view.since.proposals), ("Findings", view.since.findings)):
<h4>${name}</h4>
<ul class="plain small">
<li>${len(moved.gone)} no longer made, ${len(moved.stayed)} still there, ${len(moved.new)} new</li>
</ul>
% for word, listed in (("No longer", moved.gone), ("New", moved.new), ("Still", moved.stayed)):
% if listed:
<details><summary>${word}: ${len(listed)}</summary><ul class="plain small">
% for line in listed[:200]:
<li><code>${line}</code></li>
% endfor
</ul></details>
% endif
% endfor
% endfor
</div>
</%def>
