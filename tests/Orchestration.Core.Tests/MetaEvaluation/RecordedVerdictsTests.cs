using Orchestration.Core.MetaEvaluation;
using Orchestration.Learning.Ensembles;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.MetaEvaluation;

public sealed class RecordedVerdictsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verdicts-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("arena_hard/o1-mini-2024-09-12", 230, 39, 81, 110, 76, 0.7729)]
    [InlineData("reward_model/Skywork_Skywork-Reward-Gemma-2-27B", 225, 122, 3, 3, 3, 0.6471)]
    [InlineData("reward_model/internlm_internlm2-20b-reward", 222, 128, 0, 0, 0, 0.6343)]
    [InlineData("reward_model/Skywork_Skywork-Reward-Llama-3.1-8B", 218, 131, 1, 1, 1, 0.6243)]
    [InlineData("reward_model/internlm_internlm2-7b-reward", 208, 142, 0, 0, 0, 0.5943)]
    public void JudgeBenchs_judges_have_their_published_counts(string judge, int correct, int incorrect, int ties, int inconsistent, int opposite, double half)
    {
        var read = Recorded("judgebench/verdicts-gpt4o.jsonl");
        var tally = read.TallyOf(Index(read, judge));

        (tally.Correct, tally.Incorrect, tally.Ties, tally.Inconsistent, tally.Opposite, tally.Unreadable).ShouldBe((correct, incorrect, ties, inconsistent, opposite, 0));
        tally.HalfTieAccuracy.ShouldBe(half, 5e-5);
        (tally.FirstTwice + tally.SecondTwice).ShouldBe(tally.Opposite);
    }

    [Fact]
    public void JudgeBenchs_own_output_has_the_same_counts_by_category()
    {
        var read = Recorded("judgebench/native/output-o1-mini.jsonl");
        read.Judges.ShouldBe(["arena_hard/o1-mini-2024-09-12"]);
        var tally = read.TallyOf(0);
        tally.Accuracy.ShouldBe(230 / 350.0, 1e-12);
        tally.ByCategory.ToDictionary(c => c.Key, c => Math.Round(100 * c.Value.Accuracy, 2)).ShouldBe(
            new Dictionary<string, double> { ["knowledge"] = 58.44, ["reasoning"] = 62.24, ["math"] = 82.14, ["coding"] = 78.57 }, ignoreOrder: true);
    }

    [Fact]
    public void Ensembles_of_JudgeBenchs_judges_have_the_known_accuracy_and_do_not_pass_the_best_judge()
    {
        var (rows, categories, leftOut) = Recorded("judgebench/verdicts-gpt4o.jsonl").ToCombine();
        (rows.Rows, categories.Count, leftOut).ShouldBe((350, 4, 0));
        var study = EnsembleStudy.Run(rows, new EnsemblePlan { Draws = 20, MaxThreads = 2, Cancellation = Cancel });
        var figures = study.Ensembles.ToDictionary(e => e.Name);

        figures[EnsembleStudy.Majority].Strict.Value.ShouldBe(0.6057, 5e-5);
        figures[EnsembleStudy.Majority].HalfTie.Value.ShouldBe(0.6514, 5e-5);
        figures[EnsembleStudy.MeanOfZScores].HalfTie.Value.ShouldBe(0.7114, 5e-5);
        figures[EnsembleStudy.Learned].HalfTie.Value.ShouldBe(0.767, 0.008);
        figures[EnsembleStudy.Learned].Spread.ShouldBeInRange(0.003, 0.015);
        study.Judges[study.BestHalfTie].HalfTie.Value.ShouldBe(0.7729, 5e-5);
        study.TiedRows.ShouldBe(81);
        study.Judges[study.BestHalfTie].WhereBestTied.ShouldBe(0.5);
        study.Ensembles.ShouldAllBe(e => e.OverBestHalfTie.Lower <= 1e-9);
        figures[EnsembleStudy.Majority].OverBestHalfTie.Upper.ShouldBeLessThan(0);
        var (one, all) = (figures[EnsembleStudy.Majority], study.Judges[study.BestHalfTie]);
        one.OverBestHalfTie.Mean.ShouldBe(one.HalfTie.Value - all.HalfTie.Value, 1e-12);
        ((350 - 81) * one.WhereBestDecided + 81 * one.WhereBestTied).ShouldBe(350 * one.HalfTie.Value, 1e-9);
    }

    [Fact]
    public void A_free_learned_vote_of_LLMBars_judges_inverts_them_and_collapses_on_the_category_left_out()
    {
        var (rows, categories, _) = Recorded("llmbar/core.jsonl").ToCombine();
        var study = EnsembleStudy.Run(rows, new EnsemblePlan { Draws = 1, MaxThreads = 2, Cancellation = Cancel });
        var figures = study.Ensembles.ToDictionary(e => e.Name);
        var natural = categories.ToList().IndexOf("LLMBar/Natural");

        (rows.Rows, rows.Judges).ShouldBe((419, 65));
        study.Judges[study.BestHalfTie].HalfTie.Value.ShouldBe(0.8723, 5e-5);
        study.Judges[study.BestHalfTie].Strict.Value.ShouldBe(0.8305, 5e-5);
        // One sign a judge; adding up both verdicts of each instead ties one comparison more, 0.6289.
        figures[EnsembleStudy.Majority].HalfTie.Value.ShouldBe(0.6277, 5e-5);
        figures[EnsembleStudy.Majority].Strict.Value.ShouldBe(0.6205, 5e-5);
        figures[EnsembleStudy.Learned].HalfTie.Value.ShouldBeInRange(0.90, 0.925);
        figures[EnsembleStudy.Learned].LeftOutAll.ShouldBe(0.812, 0.03);
        figures[EnsembleStudy.Learned].LeftOut[natural].ShouldBe(0.50, 0.05);
        figures[EnsembleStudy.LearnedNonNegative].HalfTie.Value.ShouldBeInRange(0.855, 0.875);
        figures[EnsembleStudy.LearnedNonNegative].LeftOut[natural].ShouldBe(0.96, 0.01);
        study.Inverted.Count.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void A_judge_that_says_nothing_of_a_comparison_is_unreadable_there_and_scores_alone_are_a_verdict()
    {
        var read = Read(
            """{"id":"1","label":"A>B","verdicts":{"j":["A>B","B>A"]},"scores":{"s":[3,1]}}""",
            """{"id":2,"label":"B>A","verdicts":{"j":["A>B","A>B"],"k":["B>A","A>B"]},"scores":{"s":[2,2]}}""",
            """{"id":"3","label":"A=B","verdicts":{"j":["?",null]},"scores":{"s":[null,1]}}""");
        read.Judges.ShouldBe(["j", "s", "k"]);
        var (j, s, k) = (read.TallyOf(0), read.TallyOf(1), read.TallyOf(2));

        (j.Correct, j.Incorrect, j.Ties, j.Unreadable, j.Opposite, j.FirstTwice, j.TieLabels).ShouldBe((1, 0, 1, 2, 1, 1, 1));
        (s.Correct, s.Ties, s.Unreadable).ShouldBe((1, 1, 2));
        (k.Correct, k.Ties, k.Unreadable).ShouldBe((1, 1, 4));
        j.PositionPreference.ShouldBe(1);
        read.CreditsOf(0, halfTie: true).Credits.ShouldBe([1, 0.5]);
    }

    [Fact]
    public void Bad_rows_are_left_out_with_their_line_and_cure()
    {
        var read = Read(
            """{"id":"1","label":"A>B","verdicts":{"j":["A>B","B>A"]}}""",
            """{"id":"1","label":"A>B","verdicts":{"j":["A>B","B>A"]}}""",
            """{"id":"2","label":"best","verdicts":{"j":["A>B","B>A"]}}""",
            """{"id":"3","verdicts":{"j":["A>B"]}}""",
            """{"id":"4"}""",
            "nonsense");
        (read.Count, read.Report.Rejected).ShouldBe((1, 5));
        read.Report.FirstReject!.ShouldContain("line 2: The id '1' is that of an earlier row");
        var rejects = File.ReadAllText(Path.Combine(_folder, "rejects.jsonl"));
        foreach (var reason in (string[])["duplicate_id", "unknown_label", "wrong_type", "missing_field", "invalid_json"]) rejects.ShouldContain(reason);
    }

    [Fact]
    public void A_file_without_a_good_row_is_an_error_that_says_what_is_missing()
    {
        Should.Throw<OrchestrationException>(() => Read("{}")).Message.ShouldContain("There is no field 'id'");
        var csv = Path.Combine(_folder, "v.csv");
        File.WriteAllText(csv, "id,label\n1,A>B\n");
        Should.Throw<OrchestrationException>(() => RecordedVerdicts.Read(new RowInput { Files = [csv] }, Cancel)).Message.ShouldContain("line 2: There is no field 'verdicts'");
    }

    private static int Index(RecordedVerdicts read, string judge) => read.Judges.ToList().IndexOf(judge);

    private static RecordedVerdicts Recorded(string file) => RecordedVerdicts.Read(new RowInput { Files = [PublicData.Require(file)] }, Cancel);

    private RecordedVerdicts Read(params string[] lines)
    {
        var path = Path.Combine(_folder, "verdicts.jsonl");
        File.WriteAllLines(path, lines);
        return RecordedVerdicts.Read(new RowInput { Files = [path], RejectsPath = Path.Combine(_folder, "rejects.jsonl") }, Cancel);
    }
}
