using System.Text.Json;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Experiments;
using Orchestration.Core.Judging;
using Orchestration.Learning.Robustness;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Experiments;

public sealed class ExperimentTests : IDisposable
{
    private static readonly ExperimentSettings Settings = new() { Models = ["mean", "mean-fit", "ridge"], Folds = 4, Repeats = 1, Seed = 5, TargetRange = (0, 10) };

    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrate-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kinds => ["contamination", "poisoning", "shift", "targets", "stability", "ablation", "gaming"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others(string kind)
    {
        var first = Run(kind, Settings);
        var again = Run(kind, Settings with { MaxThreads = 3 });

        ExperimentJson.Write(again, indented: true).ShouldBe(ExperimentJson.Write(first, indented: true));
        ExperimentPage.Write(again).ShouldBe(ExperimentPage.Write(first));
        ExperimentJson.Write(Run(kind, Settings with { Seed = 6 }), indented: false).ShouldNotBe(ExperimentJson.Write(first, indented: false));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_outcome_has_rows_a_meaning_a_table_and_a_page_that_needs_nothing_else(string kind)
    {
        var outcome = Run(kind, Settings);

        outcome.Kind.ShouldBe(kind);
        outcome.Rows.ShouldNotBeEmpty();
        outcome.Meaning.ShouldAllBe(m => m.Length > 20);
        outcome.Meaning.ShouldAllBe(m => !m.Contains("NaN", StringComparison.Ordinal));
        var table = ExperimentTable.Of(outcome);
        table.Rows.ShouldAllBe(r => r.Count == table.Heads.Count);
        using var json = JsonDocument.Parse(ExperimentJson.Write(outcome, indented: false));
        json.RootElement.GetProperty("rows").GetArrayLength().ShouldBe(outcome.Rows.Count);
        var page = ExperimentPage.Write(outcome);
        page.ShouldContain("<svg");
        page.ShouldNotContain("src=\"http");
        page.ShouldNotContain("<b>bold</b>", Case.Sensitive, "a judge's name is text, not markup");
        if (kind is "stability" or "ablation" or "gaming") page.ShouldContain("&lt;b&gt;bold&lt;/b&gt;");
    }

    [Theory]
    [InlineData("contamination")]
    [InlineData("poisoning")]
    [InlineData("shift")]
    public void Strength_nothing_is_the_clean_run_in_every_condition(string kind)
    {
        var outcome = Run(kind, Settings);
        foreach (var model in outcome.Rows.GroupBy(r => r.Model))
        {
            var clean = model.Where(r => r.Strength == 0).ToArray();
            clean.Length.ShouldBe(model.Select(r => r.Condition).Distinct().Count());
            clean.ShouldAllBe(r => r.Value == clean[0].Value && r.OverClean == null);
            model.Where(r => r.Strength > 0).ShouldAllBe(r => r.OverClean != null);
        }
    }

    [Fact]
    public void Inverting_every_judge_turns_the_mean_round_and_refitting_a_line_that_may_not_fall_does_not_save_it()
    {
        var outcome = ContaminationExperiment.Run(Set(), Settings, new ContaminationSettings { Attacks = [JudgeAttack.Invert], Shares = [1], Draws = 1 }, null, Token);
        ExperimentRow Of(string way, string model, double strength) => outcome.Rows.Single(r => r.Condition == $"inverted, {way}" && r.Model == model && r.Strength == strength);

        Of("trained clean", "mean-fit", 0).Value.Value.ShouldBeGreaterThan(0.7);
        Of("trained clean", "mean-fit", 1).Value.Value.ShouldBeLessThan(-1);
        Of("trained clean", "mean-fit", 1).Get("attacked").ShouldBe(4);
        Of("trained clean", "mean-fit", 1).OverClean!.Value.Upper.ShouldBeLessThan(0);
        Of("trained under attack", "mean-fit", 1).Value.Value.ShouldBeInRange(-0.3, 0);
        Of("trained under attack", "ridge", 1).Value.Value.ShouldBe(Of("trained clean", "ridge", 0).Value.Value, 1e-6, "a free line learns the inversion");
        Of("trained under attack", "ridge", 1).OverMeanFit!.Value.Lower.ShouldBeGreaterThan(0);
        Of("trained clean", "mean", 1).Value.ShouldBe(Of("trained under attack", "mean", 1).Value, "the plain mean learns nothing");
    }

    [Fact]
    public void Inverting_every_label_turns_what_was_learned_round_and_leaves_the_plain_mean()
    {
        var outcome = PoisoningExperiment.Run(Set(), Settings, new PoisoningSettings { Attacks = [LabelAttack.Invert], Shares = [0.5, 1], Draws = 2 }, null, Token);
        ExperimentRow Of(string model, double strength) => outcome.Rows.Single(r => r.Model == model && r.Strength == strength);

        Of("mean", 1).Value.ShouldBe(Of("mean", 0).Value);
        Of("ridge", 0).Value.Value.ShouldBeGreaterThan(0.7);
        Of("ridge", 1).Value.Value.ShouldBeLessThan(-1);
        Of("ridge", 0.5).Value.Value.ShouldBeInRange(-0.3, 0.3);
        Of("ridge", 0.5).Get("lowest_draw").ShouldBeLessThanOrEqualTo(Of("ridge", 0.5).Value.Value);
        outcome.Method[0].ShouldContain("±2");
        var narrow = PoisoningExperiment.Run(Set(), Settings with { TargetRange = null }, new PoisoningSettings { Attacks = [LabelAttack.Step], Shares = [0.1], Draws = 1 }, null, Token);
        narrow.Method[0].ShouldContain("observed");
    }

    [Fact]
    public void A_shift_of_scores_is_a_bias_for_who_was_fitted_before_and_none_for_who_is_fitted_again()
    {
        var outcome = ShiftExperiment.Run(Set(), Settings, [Shift.ScoresUp, Shift.TopHeavy], null, Token);
        ExperimentRow Of(string condition, string model, double step) => outcome.Rows.Single(r => r.Condition == condition && r.Model == model && r.Strength == step);

        Of("scores shifted up, fitted before", "mean-fit", 2).Get("bias").ShouldBeGreaterThan(0.5);
        Of("scores shifted up, fitted again", "mean-fit", 2).Get("bias").ShouldBe(0, 0.05, "the mean's line is fitted again like every other model");
        Of("scores shifted up, fitted again", "mean", 2).Get("bias").ShouldBe(1, 0.4, "two twentieths of a scale of ten, less what is clipped");
        Of("top-heavy answers, fitted before", "ridge", 6).Get("effective_rows").ShouldBeLessThan(Of("top-heavy answers, fitted before", "ridge", 1).Get("effective_rows"));
        outcome.Rows.Select(r => r.Strength).Distinct().ShouldBe([0, 1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public void Annotators_with_gaps_are_learned_from_and_tested_on_where_they_rated()
    {
        var outcome = Run("targets", Settings);
        ExperimentRow Of(string from, string to, string model) => outcome.Rows.Single(r => r.Condition == from && r.Column == to && r.Model == model);

        outcome.Rows.Select(r => r.Column).Distinct().ShouldBe(["ratings.ann", "ratings.bob", "their mean", "a mixture"]);
        Of("ratings.ann", "ratings.bob", TargetsExperiment.Annotator).Get("spearman").ShouldBeGreaterThan(0.8);
        Of("ratings.ann", "ratings.bob", TargetsExperiment.Annotator).Value.Value.ShouldBe(Of("ratings.ann", "their mean", TargetsExperiment.Annotator).Value.Value, 1e-12, "the mean of the others is the only other one");
        Of("ratings.bob", "ratings.bob", "ridge").Value.Value.ShouldBeGreaterThan(0.5);
        outcome.Rows.ShouldNotContain(r => r.Model == TargetsExperiment.Annotator && r.Condition == r.Column);
        Should.Throw<OrchestrationException>(() => TargetsExperiment.Run(Set(), [KeyValuePair.Create("ann", new double[160])], Settings, null, Token)).Message.ShouldContain("agreement needs two");
    }

    [Fact]
    public void The_judge_that_carries_the_target_is_missed_and_a_copy_is_not()
    {
        var outcome = AblationExperiment.Run(Set(), Settings, JudgeGroups.Find(Set()), null, Token);
        ExperimentRow Of(string condition, string column, string model = "ridge") => outcome.Rows.Single(r => r.Condition == condition && r.Column == column && r.Model == model);

        Of("without x:noise", "fitted again").OverClean!.Value.Value.ShouldBe(0, 0.02);
        Of("without y:good", "fitted again").OverClean!.Value.Value.ShouldBeGreaterThan(-0.1, "its copy says the same");
        Of("without y:*", "fitted again").OverClean!.Value.Upper.ShouldBeLessThan(-0.1);
        Of("without y:*", "missing at prediction").OverClean!.Value.Upper.ShouldBeLessThan(-0.1);
        Of("only y:*", "fitted again").Value.Value.ShouldBeGreaterThan(0.6);
        Of("first 1 judge", "fitted again").Value.Value.ShouldBeGreaterThan(0.5, "the first that is taken up is the best");
        outcome.Rows.ShouldContain(r => r.Condition.StartsWith("without cluster 1", StringComparison.Ordinal) || r.Condition == "without y:*");
        outcome.Rows.Count(r => r.Condition == "all judges").ShouldBe(3);
    }

    [Fact]
    public void Groups_of_judges_are_stated_or_found_by_name()
    {
        string[] names = ["a:x", "a:y", "b:x", "b:y"];

        JudgeGroups.Parse(["one=a:x,b:y"], names).ShouldHaveSingleItem().Judges.ShouldBe([0, 3]);
        JudgeGroups.Find(Set()).Select(g => g.Name).ShouldBe(["x:*", "y:*"], Case.Sensitive, "the cluster of the two good ones is y:* again");
        Should.Throw<OrchestrationException>(() => JudgeGroups.Parse(["one=c"], names)).Message.ShouldContain("no judge 'c'");
        Should.Throw<OrchestrationException>(() => JudgeGroups.Parse(["a:x"], names)).Message.ShouldContain("NAME=");
        Should.Throw<OrchestrationException>(() => JudgeGroups.Parse(["all=a:x,a:y,b:x,b:y"], names)).Message.ShouldContain("not all of them");
    }

    [Fact]
    public void One_judge_moves_the_plain_mean_by_one_share_and_a_bounded_model_by_its_bound()
    {
        var outcome = GamingExperiment.Run(Set(), Settings, new GamingSettings { Bounded = "ridge", Bounds = [0.1, 0.5] }, null, Token);
        ExperimentRow Of(string condition, string column, string model) => outcome.Rows.Single(r => r.Condition == condition && r.Column == column && r.Model == model);

        foreach (var judge in new[] { "any one judge", "x:noise", "y:good" })
        {
            Of(judge, "mean reach", "mean").Value.Value.ShouldBe(0.25, 1e-12);
            Of(judge, "largest reach", "mean").Value.Value.ShouldBe(0.25, 1e-12);
            Of(judge, "mean reach", "mean").Get("target_units").ShouldBe(2.5, 1e-12);
        }

        Of("any one judge", "largest reach", "ridge").Value.Value.ShouldBeGreaterThan(0.3);
        Of("any one judge", "largest reach", "ridge ≤ 10%").Value.Value.ShouldBe(0.1, 1e-9);
        Of("any one judge", "R²", "ridge ≤ 10%").OverClean!.Value.Upper.ShouldBeLessThan(0, "so small a bound costs");
        Of("any one judge", "R²", "ridge ≤ 50%").OverClean!.Value.Value.ShouldBe(0, 0.02);
        Should.Throw<OrchestrationException>(() => GamingExperiment.Run(Set(), Settings, new GamingSettings { Bounded = "trees" }, null, Token)).Message.ShouldContain("--bounded trees");
    }

    [Fact]
    public void The_judge_that_carries_the_target_matters_in_every_resample()
    {
        var outcome = StabilityExperiment.Run(Set(), Settings with { Models = ["ridge"] }, 6, null, Token);
        ExperimentRow Of(string judge, string column) => outcome.Rows.Single(r => r.Condition == judge && r.Column == column && r.Model == "ridge");

        Of("y:good", "importance").Value.Lower.ShouldBeGreaterThan(0.05);
        Of("x:noise", "importance").Value.Value.ShouldBe(0, 0.02);
        Of("x:noise", "rank").Value.Value.ShouldBeGreaterThan(2.5);
        var curve = outcome.Curves.Single(c => c.Model == "ridge" && c.Judge == "y:good");
        curve.At.Length.ShouldBe(11);
        curve.Lower[10].ShouldBeGreaterThan(0);
        curve.Upper[0].ShouldBeLessThan(0);
    }

    [Fact]
    public void Rows_that_cannot_be_experimented_on_are_told_with_the_cure()
    {
        var same = Write("same.jsonl", (row, _) => row with { Target = 3 });
        Should.Throw<OrchestrationException>(() => ContaminationExperiment.Run(Read(same), Settings with { TargetRange = null }, new ContaminationSettings(), null, Token)).Message.ShouldContain("--target");
        var one = Write("one.jsonl", (row, _) => row with { Group = "g" });
        Should.Throw<OrchestrationException>(() => ContaminationExperiment.Run(Read(one), Settings, new ContaminationSettings(), null, Token)).Message.ShouldContain("--group");
        using var source = new CancellationTokenSource();
        source.Cancel();
        Should.Throw<OperationCanceledException>(() => ContaminationExperiment.Run(Set(), Settings with { MaxThreads = 2 }, new ContaminationSettings(), null, source.Token));
    }

    private ExperimentOutcome Run(string kind, ExperimentSettings settings) => kind switch
    {
        "contamination" => ContaminationExperiment.Run(Set(), settings, new ContaminationSettings { Shares = [0.25, 0.5], Draws = 2 }, null, Token),
        "poisoning" => PoisoningExperiment.Run(Set(), settings, new PoisoningSettings { Shares = [0.2, 0.5], Draws = 2 }, null, Token),
        "shift" => ShiftExperiment.Run(Set(), settings, [Shift.BottomHeavy, Shift.ScoresDown], null, Token),
        "targets" => Targets(settings),
        "stability" => StabilityExperiment.Run(Set(), settings, 4, null, Token),
        "ablation" => AblationExperiment.Run(Set(), settings, JudgeGroups.Find(Set()), null, Token),
        _ => GamingExperiment.Run(Set(), settings, new GamingSettings { Bounded = "ridge" }, null, Token),
    };

    private ExperimentOutcome Targets(ExperimentSettings settings)
    {
        var input = Input(Write("rows.jsonl")) with { Target = "mean of ratings", Raters = ["ratings"] };
        var rows = TrainingReader.Read(input, Token);
        rows.Raters.ShouldBe(["ratings.ann", "ratings.bob"]);
        return TargetsExperiment.Run(
            TrainingSet.Of(rows, input, static _ => Scale.Unit), [.. Enumerable.Range(0, 2).Select(r => KeyValuePair.Create(rows.Raters[r], rows.Ratings(r).ToArray()))], settings, null, Token);
    }

    private TrainingSet Set() => Read(Write("rows.jsonl"));

    private static TrainingSet Read(string file) => TrainingSet.Of(TrainingReader.Read(Input(file), Token), Input(file), static _ => Scale.Unit);

    private static TrainingInput Input(string file) => new() { Files = [file], Target = "target" };

    private sealed record Row(string Group, double Target);

    /// <summary>40 prompts with four answers: a judge that says nothing, two that say nearly the same and carry the target, one between.</summary>
    private string Write(string name, Func<Row, int, Row>? change = null)
    {
        var random = new Random(3);
        var lines = new List<string>();
        for (var i = 0; i < 160; i++)
        {
            var truth = random.NextDouble();
            double Noisy(double by) => Math.Round(Math.Clamp(truth + by * (random.NextDouble() - 0.5), 0, 1), 3);
            var (good, copy, half, noise) = (Noisy(0.15), Noisy(0.15), Noisy(1.2), Math.Round(random.NextDouble(), 3));
            var target = Math.Round(10 * Noisy(0.3), 2);
            var row = new Row($"g{i / 4}", target);
            row = change?.Invoke(row, i) ?? row;
            var bob = i % 5 == 0 ? "null" : FormattableString.Invariant($"{Math.Round(10 * Noisy(0.4), 2)}");
            lines.Add(FormattableString.Invariant($$"""{"id":"r{{i}}","group":"{{row.Group}}","scores":{"x:noise":{{noise}},"y:good":{{good}},"y:copy":{{copy}},"x:<b>bold</b>":{{half}}},"target":{{row.Target}},"ratings":{"ann":{{row.Target}},"bob":{{bob}} } }"""));
        }

        var path = Path.Combine(_folder, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}
