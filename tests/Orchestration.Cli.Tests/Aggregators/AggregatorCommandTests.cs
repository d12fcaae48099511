using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Aggregators;

public sealed class AggregatorCommandTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_version_is_trained_activated_swapped_and_rolled_back()
    {
        var rows = WriteRows("rows.jsonl");
        var (status, first) = await TrainAsync("--scores", rows, "--model", "best-judge");
        status.ShouldBe(0);
        var id = first.GetProperty("version").GetString()!;
        first.GetProperty("model").GetString().ShouldBe("best-judge");
        first.GetProperty("rows").GetInt32().ShouldBe(240);
        first.GetProperty("judges").GetInt32().ShouldBe(3);
        first.GetProperty("active").GetBoolean().ShouldBeTrue(first.GetProperty("reason").GetString());
        first.GetProperty("seconds").GetDouble().ShouldBeGreaterThan(0);
        foreach (var figure in new[] { "r2", "r2_se", "mse", "mae", "spearman" }) double.IsFinite(first.GetProperty("cv").GetProperty(figure).GetDouble()).ShouldBeTrue();
        var models = first.GetProperty("models");
        foreach (var model in new[] { "mean", "median", "trimmed-mean", "min", "max", "best-judge", "mean-fit" }) models.GetProperty(model).GetProperty("r2").GetDouble().ShouldBeLessThan(1);
        models.GetProperty("best-judge").GetProperty("r2").GetDouble().ShouldBeGreaterThan(models.GetProperty("mean-fit").GetProperty("r2").GetDouble());
        first.GetProperty("cv").GetProperty("r2").GetDouble().ShouldBe(models.GetProperty("best-judge").GetProperty("r2").GetDouble());

        var (_, again) = await TrainAsync("--scores", rows, "--model", "best-judge");
        again.GetProperty("version").GetString().ShouldBe(id, "training again in the same way gives the same id");
        again.GetProperty("reason").GetString().ShouldBe("it was active already");

        var (_, mean) = await TrainAsync("--scores", rows, "--model", "mean-fit");
        var other = mean.GetProperty("version").GetString()!;
        mean.GetProperty("active").GetBoolean().ShouldBeFalse();
        mean.GetProperty("active_version").GetString().ShouldBe(id);
        (await _cli.RunAsync(["aggregator", "list", "--store", Store, "--json"])).ShouldBe(0);
        _cli.Out.ShouldContain(id[..12]);

        (await _cli.RunAsync(["aggregator", "activate", other[..12], "--store", Store, "--json"])).ShouldBe(1, "it does not pass the test");
        Line().GetProperty("active_version").GetString().ShouldBe(id);
        (await _cli.RunAsync(["aggregator", "activate", other, "--force", "--store", Store])).ShouldBe(2);
        _cli.Error.ShouldContain("--force needs --reason TEXT");
        (await _cli.RunAsync(["aggregator", "activate", other, "--force", "--reason", "to see it", "--store", Store, "--json"])).ShouldBe(0);
        Line().GetProperty("active_version").GetString().ShouldBe(other);
        (await _cli.RunAsync(["aggregator", "diff", $"default@{id[..8]}", "default", "--store", Store])).ShouldBe(0);
        _cli.Out.ShouldContain("recipe");
        (await _cli.RunAsync(["aggregator", "shadow", id, "--store", Store])).ShouldBe(0);
        (await _cli.RunAsync(["aggregator", "canary", id, "--share", "0.1", "--store", Store])).ShouldBe(0);
        _cli.Out.ShouldContain($"shadow {id[..12]}, canary {id[..12]} for 10");
        (await _cli.RunAsync(["aggregator", "canary", "default", "--off", "--store", Store])).ShouldBe(0);
        _cli.Out.ShouldContain("canary none");
        (await _cli.RunAsync(["aggregator", "rollback", "default", "--reason", "seen", "--store", Store])).ShouldBe(0);
        _cli.Out.ShouldContain($"version {id[..12]} of 'default' is active again");

        // Every change stands in the audit log, newest first, with what was before and who made it.
        await AuditedAsync(["aggregator.rollback", "aggregator.canary", "aggregator.canary", "aggregator.shadow", "aggregator.activate", "aggregator.refuse"]);

        (await _cli.RunAsync(["aggregator", "show", "default", "--store", Store, "--json"])).ShouldBe(0);
        Line().GetProperty("attempts").EnumerateArray().Select(static a => $"{a.GetProperty("outcome").GetString()}: {a.GetProperty("reason").GetString()}").ToArray().ShouldSatisfyAllConditions(
            a => a[0].ShouldBe("rolled back: seen"), a => a[1].ShouldBe("forced: to see it"), a => a[2].ShouldStartWith("refused: "), a => a[^1].ShouldStartWith("accepted: "));
        (await _cli.RunAsync(["aggregator", "activate", other, "--scores", WriteRows("moved.jsonl", seed: 2), "--store", Store])).ShouldBe(2);
        _cli.Error.ShouldContain("other rows than version");
    }

    [Fact]
    public async Task Figures_on_unseen_rows_are_added_and_bad_rows_are_named()
    {
        var rows = WriteRows("rows.jsonl");
        File.AppendAllText(rows, "{\"id\":\"bad\"\n");
        var (status, line) = await TrainAsync("--scores", rows, "--model", "mean-fit,best-judge", "--test", WriteRows("unseen.jsonl", seed: 7));
        status.ShouldBe(0);
        line.GetProperty("test").GetProperty("best-judge").GetProperty("r2").GetDouble().ShouldBeGreaterThan(0.5);
        line.GetProperty("rejected").GetInt32().ShouldBe(1);
        _cli.Error.ShouldContain("rows.jsonl, line 241: ");
        File.ReadAllText(_cli.At("train-rejects.jsonl")).ShouldContain("invalid_json");
        (await _cli.RunAsync(["train", "--scores", rows, "--target", "target", "--model", "nonsense", "--store", Store])).ShouldBe(2);
        _cli.Error.ShouldContain("there is no such model");
        (await _cli.RunAsync(["train", "--scores", rows, "--target", "tarket", "--model", "mean-fit", "--store", Store])).ShouldBe(2);
        _cli.Error.ShouldContain("has a value in 'tarket'");
    }

    [Fact]
    public async Task A_version_is_taken_to_another_store_whole_and_a_damaged_one_is_refused()
    {
        var (_, line) = await TrainAsync("--scores", WriteRows("rows.jsonl"), "--model", "best-judge");
        var id = line.GetProperty("version").GetString()!;
        (await _cli.RunAsync(["aggregator", "export", "default", "--out", _cli.At("version"), "--store", Store])).ShouldBe(0);
        (await _cli.RunAsync(["aggregator", "import", _cli.At("version"), "--name", "taken", "--store", _cli.At("other.db"), "--json"])).ShouldBe(0);
        Line().GetProperty("version").GetString().ShouldBe(id);
        var weights = _cli.At("version/weights.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^1]);
        (await _cli.RunAsync(["aggregator", "import", _cli.At("version"), "--store", _cli.At("other.db")])).ShouldBe(2);
        _cli.Error.ShouldContain("weights.safetensors breaks off");
    }

    [Fact]
    public async Task A_sweep_fixes_its_version_and_re_aggregating_gives_the_same_bytes()
    {
        var (_, line) = await TrainAsync("--scores", WriteRows("rows.jsonl"), "--model", "best-judge");
        var id = line.GetProperty("version").GetString()!;
        WritePairs();
        string[] judged = ["--pairs", _cli.At("pairs.jsonl"), "--judges", $"replay:{_cli.At("rows.jsonl")}", "--scale", "*=0..4"];
        var (status, _) = await _cli.SweepAsync([.. judged, "--aggregator", "default", "--out", _cli.At("learned")]);
        status.ShouldBe(0, _cli.Error);
        _cli.Rows("learned/results.jsonl").ShouldAllBe(r => r.GetProperty("aggregator").GetString() == id && r.GetProperty("coverage").GetDouble() == 1);
        _cli.Rows("learned/results.jsonl")[0].GetProperty("score").GetDouble().ShouldBe(_cli.Rows("rows.jsonl")[0].GetProperty("target").GetDouble(), 2);

        (await _cli.SweepAsync([.. judged, "--out", _cli.At("mean")])).Status.ShouldBe(0);
        _cli.Rows("mean/results.jsonl")[0].GetProperty("aggregator").GetString().ShouldBe("mean", "the mean stays where none is named");
        foreach (var source in new[] { "s2", _cli.At("mean/results.jsonl") })
        {
            (await _cli.RunAsync(["aggregate", source, "--aggregator", id, "--out", _cli.At("again"), "--store", Store, "--json"])).ShouldBe(0, _cli.Error);
            Line().GetProperty("rows").GetInt64().ShouldBe(240);
            File.ReadAllText(_cli.At("again/results.jsonl")).ShouldBe(File.ReadAllText(_cli.At("learned/results.jsonl")));
        }

        (await _cli.SweepAsync([.. judged, "--aggregator", "default", "--follow-active", "--out", _cli.At("following")])).Status.ShouldBe(0, _cli.Error);
        _cli.Rows("following/results.jsonl").ShouldAllBe(r => r.GetProperty("aggregator").GetString() == id);
        (await _cli.SweepAsync([.. judged, "--aggregator", id, "--follow-active", "--out", _cli.At("wrong")])).Status.ShouldBe(2);
        (await _cli.SweepAsync("--pairs", _cli.At("pairs.jsonl"), "--judges", "relevance", "--aggregator", "default", "--out", _cli.At("wrong"))).Status.ShouldBe(2);
        _cli.Error.ShouldContain("none of these judges is here");
        (await _cli.SweepAsync("--pairs", _cli.At("pairs.jsonl"), "--judges", "relevance", "--aggregator", "nobody", "--out", _cli.At("wrong"))).Status.ShouldBe(2);
        _cli.Error.ShouldContain("There is no aggregator or version 'nobody'");
    }

    [Fact]
    public async Task A_changed_rubric_makes_the_version_refuse_stored_results()
    {
        var rows = WriteRows("results.jsonl");
        File.WriteAllText(_cli.At("summary.json"), Summary(new string('a', 64)));
        var (_, line) = await TrainAsync("--scores", rows, "--model", "best-judge");
        File.WriteAllText(_cli.At("summary.json"), Summary(new string('b', 64)));
        (await _cli.RunAsync(["aggregate", rows, "--aggregator", line.GetProperty("version").GetString()!, "--out", _cli.At("again"), "--store", Store])).ShouldBe(2);
        _cli.Error.ShouldContain("with rubric aaaaaaaaaaaa, which is now bbbbbbbbbbbb");
        File.Exists(_cli.At("again/results.jsonl")).ShouldBeFalse();
        static string Summary(string rubric) => $$$"""{"columns":[{"name":"good","rubric":"{{{rubric}}}","scale":{"min":0,"max":4,"step":0,"direction":"higher-is-better"}}]}""";
    }

    [Theory]
    [InlineData("mean-fit")]
    [InlineData("mlp")]
    public async Task An_exported_version_predicts_the_same_in_Python(string model)
    {
        var rows = WriteRows("rows.jsonl");
        var (_, line) = await TrainAsync("--scores", rows, "--model", model, "--repeats", "1", "--no-activate");
        var id = line.GetProperty("version").GetString()!;
        (await _cli.RunAsync(["aggregator", "export", id, "--out", _cli.At("version"), "--store", Store])).ShouldBe(0);
        (await _cli.RunAsync(["aggregate", rows, "--aggregator", id, "--out", _cli.At("ours"), "--store", Store])).ShouldBe(0, _cli.Error);
        var ours = _cli.Rows("ours/results.jsonl").Select(static r => r.GetProperty("score").GetDouble()).ToArray();

        var theirs = await PythonAsync(_cli.At("version"), _cli.Rows("rows.jsonl").Select(static r => r.GetProperty("scores").GetRawText()));
        theirs.Length.ShouldBe(ours.Length);
        for (var row = 0; row < ours.Length; row++) theirs[row].ShouldBe(ours[row], 1e-5);
    }

    [Fact]
    public async Task Intervals_of_a_version_cover_unseen_rows_and_widen_where_a_judge_is_missing()
    {
        var (_, line) = await TrainAsync("--scores", WriteRows("rows.jsonl"), "--model", "best-judge", "--repeats", "1", "--no-activate");
        var id = line.GetProperty("version").GetString()!;
        var unseen = _cli.Write("unseen.jsonl", [.. File.ReadAllLines(WriteRows("all.jsonl", seed: 9)).Select((text, i) => i % 2 == 0 ? text : text.Replace("\"good\":", "\"other\":", StringComparison.Ordinal))]);
        (await _cli.RunAsync(["aggregate", unseen, "--aggregator", id, "--min-coverage", "0.5", "--out", _cli.At("again"), "--store", Store])).ShouldBe(0, _cli.Error);
        var rows = _cli.Rows("again/results.jsonl");
        double Width(int odd) => rows.Where((_, i) => i % 2 == odd).Average(static r => r.GetProperty("interval")[1].GetDouble() - r.GetProperty("interval")[0].GetDouble());
        double Covered(int odd) => rows.Where((_, i) => i % 2 == odd).Average(static r =>
            r.GetProperty("interval")[0].GetDouble() <= r.GetProperty("target").GetDouble() && r.GetProperty("target").GetDouble() <= r.GetProperty("interval")[1].GetDouble() ? 1.0 : 0.0);
        Covered(0).ShouldBeInRange(0.82, 0.98);
        Covered(1).ShouldBeInRange(0.82, 1.0);
        Width(0).ShouldBeInRange(0.3, 0.5, "targets lie evenly within 0.2 of the best judge's score");
        Width(1).ShouldBeGreaterThan(2, "without the judge that tells, little is known");

        var (_, signed) = await TrainAsync("--scores", _cli.At("rows.jsonl"), "--model", "best-judge", "--repeats", "1", "--no-activate", "--residual", "signed");
        signed.GetProperty("version").GetString().ShouldNotBe(id, "what intervals are made from is part of a version");
    }

    [Fact]
    public async Task A_guard_acts_around_a_version_is_reported_and_part_of_its_id()
    {
        var rows = WriteRows("rows.jsonl");
        var (_, plain) = await TrainAsync("--scores", rows, "--model", "best-judge", "--repeats", "1", "--no-activate");
        var (status, line) = await TrainAsync("--scores", rows, "--model", "best-judge", "--repeats", "1", "--no-activate", "--guard", "cap:noise<0.1=2");
        status.ShouldBe(0, _cli.Error);
        _cli.Out.ShouldContain("guard cap on noise: acts on ");
        var id = line.GetProperty("version").GetString()!;
        id.ShouldNotBe(plain.GetProperty("version").GetString());
        var report = line.GetProperty("guards")[0];
        report.GetProperty("judge").GetString().ShouldBe("noise");
        report.GetProperty("acted").GetDouble().ShouldBeInRange(0.1, 0.3);
        var cost = report.GetProperty("cost").GetDouble();
        cost.ShouldBeGreaterThan(0, "a cap by a judge that says nothing of the target costs");
        (line.GetProperty("cv").GetProperty("mse").GetDouble() - plain.GetProperty("cv").GetProperty("mse").GetDouble()).ShouldBe(cost, 1e-9, "the figures are those of the version with its guard");
        (await _cli.RunAsync(["aggregate", rows, "--aggregator", id, "--out", _cli.At("again"), "--store", Store])).ShouldBe(0, _cli.Error);
        foreach (var row in _cli.Rows("again/results.jsonl").Where(static r => r.GetProperty("scores").GetProperty("noise").GetDouble() == 0))
        {
            row.GetProperty("score").GetDouble().ShouldBeLessThanOrEqualTo(2);
            row.GetProperty("interval")[0].GetDouble().ShouldBeLessThanOrEqualTo(2);
        }

        foreach (var (guard, message) in new[] { ("cap:nobody<0.1=2", "there is no judge 'nobody'"), ("cap:noise=2", "write veto:JUDGE<THRESHOLD=LIMIT"), ("veto:noise<7=1", "the threshold is a mapped score from 0 to 1") })
        {
            (await _cli.RunAsync(["train", "--scores", rows, "--target", "target", "--model", "mean-fit", "--guard", guard, "--store", Store])).ShouldBe(2);
            _cli.Error.ShouldContain(message);
        }
    }

    [Fact]
    public async Task A_version_learned_from_comparisons_scores_comparisons_and_swapping_the_answers_flips_its_sign()
    {
        var verdicts = WriteVerdicts();
        var (status, line) = await _cli.RunJsonAsync(["train", "--scores", verdicts, "--target", "label", "--model", "non-negative", "--repeats", "1", "--name", "vote", "--no-activate", "--store", Store, "--json"]);
        status.ShouldBe(0, _cli.Error);
        var id = line.GetProperty("version").GetString()!;
        (await _cli.RunAsync(["aggregate", verdicts, "--aggregator", id, "--min-coverage", "0.5", "--out", _cli.At("again"), "--store", Store])).ShouldBe(0, _cli.Error);
        var rows = _cli.Rows("again/verdicts.jsonl");
        var swapped = _cli.Write("swapped.jsonl", [.. rows.Select(static r => $$$"""{"id":{{{r.GetProperty("id").GetRawText()}}},"verdicts":{"good":{{{Swap(r, "good")}}},"noise":{{{Swap(r, "noise")}}}}}""")]);
        (await _cli.RunAsync(["aggregate", swapped, "--aggregator", id, "--min-coverage", "0.5", "--out", _cli.At("mirrored"), "--store", Store])).ShouldBe(0, _cli.Error);
        var mirrored = _cli.Rows("mirrored/verdicts.jsonl");
        for (var i = 0; i < rows.Length; i++)
        {
            mirrored[i].GetProperty("score").GetDouble().ShouldBe(-rows[i].GetProperty("score").GetDouble());
            rows[i].GetProperty("preferred").GetString().ShouldBe(rows[i].GetProperty("score").GetDouble() switch { > 0 => "A>B", < 0 => "B>A", _ => "A=B" });
        }

        rows.Average(static r => r.GetProperty("preferred").GetString() == r.GetProperty("label").GetString() ? 1.0 : 0.0).ShouldBeGreaterThan(0.8);

        // The same from a sweep, where the version is fixed at the start, and from the stored sweep again.
        _cli.Write("comparisons.jsonl", [.. rows.Select(static r => $$"""{"id":{{r.GetProperty("id").GetRawText()}},"prompt":"p","answer_a":"a","answer_b":"b","label":"{{r.GetProperty("label").GetString()}}"}""")]);
        var (swept, _) = await _cli.RunJsonAsync(["compare", "run", "--comparisons", _cli.At("comparisons.jsonl"), "--judges", $"replay:{verdicts}", "--aggregator", id, "--min-coverage", "0.5", "--out", _cli.At("swept"), "--store", Store, "--json"]);
        swept.ShouldBe(0, _cli.Error);
        var fromSweep = _cli.Rows("swept/verdicts.jsonl");
        for (var i = 0; i < rows.Length; i++) fromSweep[i].GetProperty("score").GetDouble().ShouldBe(rows[i].GetProperty("score").GetDouble());
        fromSweep.ShouldAllBe(r => r.GetProperty("aggregator").GetString() == id);
        var summary = JsonDocument.Parse(File.ReadAllText(_cli.At("swept/summary.json"))).RootElement;
        summary.GetProperty("aggregated").GetProperty("accuracy").GetDouble().ShouldBe(rows.Average(static r => r.GetProperty("preferred").GetString() == r.GetProperty("label").GetString() ? 1.0 : 0.0), 1e-12);
        (await _cli.RunAsync(["aggregate", summary.GetProperty("sweep").GetString()!, "--aggregator", id, "--out", _cli.At("stored"), "--store", Store])).ShouldBe(0, _cli.Error);
        File.ReadAllText(_cli.At("stored/verdicts.jsonl")).ShouldBe(File.ReadAllText(_cli.At("swept/verdicts.jsonl")));

        (await _cli.RunAsync(["aggregate", WriteRows("rows.jsonl"), "--aggregator", id, "--out", _cli.At("wrong"), "--store", Store])).ShouldBe(2);
        _cli.Error.ShouldContain("was learned from comparisons");
        static string Swap(JsonElement row, string judge) => $"[{row.GetProperty("verdicts").GetProperty(judge)[1].GetRawText()},{row.GetProperty("verdicts").GetProperty(judge)[0].GetRawText()}]";
    }

    private string Store => _cli.At("store.db");

    private Task<(int Status, JsonElement Line)> TrainAsync(params string[] arguments) =>
        _cli.RunJsonAsync(["train", .. arguments, "--target", "target", "--group", "group", "--store", Store, "--rejects", _cli.At("train-rejects.jsonl"), "--json"]);

    private JsonElement Line() => JsonDocument.Parse(_cli.Out.TrimEnd().Split('\n')[^1]).RootElement;

    /// <summary>One judge that tells the human score but for a little, and two that say nothing of it: the mean is worse than the first alone.</summary>
    private string WriteRows(string name, int seed = 1)
    {
        var random = new Random(seed);
        return _cli.Write(name, [.. Enumerable.Range(0, 240).Select(i =>
        {
            var good = Math.Round(random.NextDouble() * 4, 2);
            var target = 1 + good + Math.Round((random.NextDouble() - 0.5) * 0.4, 2);
            return string.Create(CultureInfo.InvariantCulture, $$"""{"id":"r{{seed}}-{{i}}","group":"g{{i / 4}}","target":{{target}},"scores":{"good":{{good}},"noise":{{random.Next(0, 5)}},"more":{{random.Next(0, 5)}}},"unscored":{},"score":null,"coverage":1,"aggregator":"mean"}""");
        })]);
    }

    /// <summary>A judge that is right nine times in ten, whatever the order, and one that says the first is better in half of all cases; some of its replies cannot be read.</summary>
    private string WriteVerdicts()
    {
        var random = new Random(3);
        return _cli.Write("verdicts.jsonl", [.. Enumerable.Range(0, 120).Select(i =>
        {
            var label = random.Next(2) == 0 ? "A>B" : "B>A";
            var good = random.NextDouble() < 0.9 ? label : Flip(label);
            var noise = random.Next(5) == 0 ? "null" : random.Next(2) == 0 ? "\"A>B\"" : "\"B>A\"";
            return $$$"""{"id":"c{{{i}}}","label":"{{{label}}}","verdicts":{"good":["{{{good}}}","{{{Flip(good)}}}"],"noise":[{{{noise}}},{{{noise}}}]}}""";
        })]);
        static string Flip(string verdict) => verdict == "A>B" ? "B>A" : "A>B";
    }

    private void WritePairs() => _cli.Write("pairs.jsonl", [.. Enumerable.Range(0, 240).Select(static i => FormattableString.Invariant($$"""{"id":"r1-{{i}}","prompt":"p{{i / 4}}","answer":"a{{i}}"}"""))]);

    private async Task AuditedAsync(string[] actions)
    {
        (await _cli.RunAsync(["audit", "--json", "--store", Store])).ShouldBe(0, _cli.Error);
        var lines = _cli.Out.Trim().Split('\n').Select(static l => System.Text.Json.JsonDocument.Parse(l).RootElement).Where(static l => l.GetProperty("action").GetString()!.StartsWith("aggregator.", StringComparison.Ordinal)).ToArray();
        lines.Take(actions.Length).Select(static l => l.GetProperty("action").GetString()).ShouldBe(actions);
        lines.ShouldAllBe(static l => l.GetProperty("by").GetString()!.StartsWith("cli ", StringComparison.Ordinal) && l.GetProperty("subject").GetString() == "default");
        lines[1].GetProperty("after").GetString()!.ShouldContain("canary none");
    }

    private static async Task<double[]> PythonAsync(string folder, IEnumerable<string> rows)
    {
        // Debian's own, which its packages are for; another python3 may stand before it on the path.
        var start = new ProcessStartInfo(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Aggregators", "predict_version.py"));
        start.ArgumentList.Add(folder);
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not installed: that an exported version loads there is not shown here.");
        }

        using (process)
        {
            foreach (var row in rows) await process!.StandardInput.WriteLineAsync(row);
            process!.StandardInput.Close();
            var output = await process.StandardOutput.ReadToEndAsync();
            var error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            if (process.ExitCode == 77) Assert.Skip("Neither python3-torch nor python3-numpy is installed: that an exported version loads there is not shown here.");
            process.ExitCode.ShouldBe(0, error);
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => double.Parse(l, CultureInfo.InvariantCulture))];
        }
    }
}
