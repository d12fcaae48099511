using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Routing.Models;
using Orchestration.Core.Routing.Offline;
using Orchestration.Core.Tests.Routing.Models;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Offline;

public sealed class RouteReportTests
{
    private static readonly RoutingTraining Small = new() { Clusters = 6, Neighbours = 20 };

    [Fact]
    public void A_router_that_helps_beats_the_best_single_and_stays_below_the_oracle()
    {
        var report = RouteReport.Run(GivenHistory.Matrix(costs: true), new RouteEvaluation { Training = Small, Resamples = 50, Policies = ["auto", "mean", "net-value=100000", "always=poet"] });
        var (auto, mean, cheap, poet) = (report.Policies[0], report.Policies[1], report.Policies[2], report.Policies[3]);
        auto.OverBestSingle.Lower.ShouldBeGreaterThan(0);
        report.Meaning.ShouldContain(m => m.StartsWith("auto beats the best single model", StringComparison.Ordinal));
        report.Baseline("oracle").Quality.Value.ShouldBeGreaterThan(auto.Quality.Value);
        auto.Regret.Value.ShouldBe(report.Baseline("oracle").Quality.Value - auto.Quality.Value, 1e-12);
        mean.Quality.Value.ShouldBe(report.Baseline("best_single").Quality.Value, 1e-12);
        cheap.Cost.Value.ShouldBeLessThan(0.0015);
        poet.Cost.Value.ShouldBe(0.002, 1e-12);
        report.Meaning.ShouldContain(m => m.StartsWith("always=poet LOSES to the best single model", StringComparison.Ordinal));
        auto.Aiq.Value.ShouldBeInRange(0.1, 1);
        double.IsNaN(auto.Apgr.Value).ShouldBeTrue();
        auto.Quality.Lower.ShouldBeLessThan(auto.Quality.Value);
        auto.Quality.Upper.ShouldBeGreaterThan(auto.Quality.Value);
    }

    [Fact]
    public void Numbers_do_not_depend_on_threads()
    {
        var matrix = GivenHistory.Matrix();
        var one = RouteReport.Run(matrix, new RouteEvaluation { Training = Small, Resamples = 20, Draws = 2 });
        var four = RouteReport.Run(matrix, new RouteEvaluation { Training = Small, Resamples = 20, Draws = 2, MaxThreads = 4 });
        four.Policies[0].Quality.ShouldBe(one.Policies[0].Quality);
        four.Policies[0].Draws.ShouldBe(one.Policies[0].Draws);
    }

    [Fact]
    public void A_policy_never_sees_the_group()
    {
        // The same prompts under groups that are noise when they are held out: what was trained on another file decides alone.
        var (train, test) = (GivenHistory.Matrix(seed: 3), GivenHistory.Matrix(seed: 4));
        var relabelled = new RoutingMatrix(test.Experts, test.Ids, test.Prompts, [.. test.Groups.Reverse()], test.Quality);
        var options = new RouteEvaluation { Training = Small, Resamples = 20 };
        var (seen, other) = (RouteReport.Run(test, train, options), RouteReport.Run(relabelled, train, options));
        other.Policies[0].Quality.Value.ShouldBe(seen.Policies[0].Quality.Value, 1e-12);
        other.Baseline("task_table").Quality.Value.ShouldBeLessThan(seen.Baseline("task_table").Quality.Value - 0.1);
    }

    [Fact]
    public void The_json_has_what_programs_read_and_null_where_nothing_is_known()
    {
        var json = RouteReportJson.Write(RouteReport.Run(GivenHistory.Matrix(), new RouteEvaluation { Training = Small, Resamples = 20 }));
        json["policy"]!.GetValue<string>().ShouldBe("auto");
        json["quality"]!.GetValue<double>().ShouldBeInRange(0.5, 1);
        json.ContainsKey("cost").ShouldBeTrue();
        (json["cost"], json["aiq"], json["apgr"], json["routerarena"]).ShouldBe((null, null, null, null));
        foreach (var name in (string[])["best_single", "random", "task_table", "oracle"]) json["baselines"]![name]!.GetValue<double>().ShouldBeInRange(0, 1);
    }

    [Fact]
    public void A_bad_row_is_rejected_with_file_line_and_cure_and_the_others_are_read()
    {
        var folder = Directory.CreateTempSubdirectory("routing-").FullName;
        var (path, rejects) = (Path.Combine(folder, "m.jsonl"), Path.Combine(folder, "rejects.jsonl"));
        File.WriteAllLines(path,
        [
            """{"id":"a","prompt":"p","group":"g","quality":{"x":1,"y":0.5}}""",
            """{"id":"b","prompt":"q","quality":{"x":1}}""",
            """{"id":"c","prompt":"q","quality":{"x":1,"y":2}}""",
            """{"id":"a","prompt":"q","quality":{"x":1,"y":1}}""",
            """{"id":"d","prompt":"q","quality":{"x":1,"z":1}}""",
            """{"id":"e","prompt":"q","quality":{"x":0,"y":1}}""",
        ]);
        var (matrix, report) = RoutingMatrixReader.Read(new RowInput { Files = [path], RejectsPath = rejects }, null, CancellationToken.None);
        matrix.Ids.ShouldBe(["a", "e"]);
        report.Rejected.ShouldBe(4);
        report.FirstReject!.ShouldContain("m.jsonl");
        report.FirstReject!.ShouldContain("2");
        report.FirstReject!.ShouldContain("lacks a model");
        File.ReadAllLines(rejects).Length.ShouldBe(4);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Prices_make_costs_of_prompt_and_stated_answer()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("routing-").FullName, "prices.jsonl");
        File.WriteAllLines(path, GivenHistory.Experts.Select(static (e, i) => FormattableString.Invariant($"{{\"model\":\"{e}\",\"usd_per_mtok_in\":{i + 1},\"usd_per_mtok_out\":10}}")));
        var matrix = TokenPriceFile.Apply(GivenHistory.Matrix(30), path, 100, CancellationToken.None);
        matrix.Cost![1].ShouldBe((matrix.Prompts[0].Length / 4.0 * 2 + 100 * 10) / 1e6, 1e-15);
        File.WriteAllText(path, """{"model":"coder","usd_per_mtok_in":1,"usd_per_mtok_out":1}""");
        Should.Throw<OrchestrationException>(() => TokenPriceFile.Apply(matrix, path, 100, CancellationToken.None)).Message.ShouldContain("has no price of 'poet'");
    }

    [Fact]
    public void Nine_models_the_task_not_told()
    {
        var matrix = Read("routing/nine-models-train.jsonl");
        var report = RouteReport.Run(matrix, new RouteEvaluation { Training = new RoutingTraining { Penalty = 2, Kind = "skills", Folds = 2, MostHistory = 256 }, Resamples = 20, MaxThreads = 2 });
        report.Baseline("best_single").Quality.Value.ShouldBe(0.621, 0.001);
        report.Baseline("task_table").Quality.Value.ShouldBe(0.667, 0.0015);
        report.Baseline("oracle").Quality.Value.ShouldBe(0.802, 0.001);
        report.Policies[0].Quality.Value.ShouldBeGreaterThan(0.654);
        report.Meaning.ShouldContain(m => m.Contains("loses to the table", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Gsm8k_has_the_known_means_random_and_length_and_the_router_is_not_below_the_neighbours()
    {
        var matrix = Read("routing/gsm8k.jsonl");
        var report = RouteReport.Run(matrix, new RouteEvaluation { Training = new RoutingTraining { Kind = "ridge" }, Resamples = 20, MaxThreads = 2 });
        var means = Enumerable.Range(0, 2).Select(m => matrix.Quality.Where((_, i) => i % 2 == m).Average()).Order().ToArray();
        means[0].ShouldBe(0.6373, 5e-4);
        means[1].ShouldBe(0.8577, 5e-4);
        report.Baseline("random").Apgr.Value.ShouldBe(0.5, 0.02);
        report.RandomApgrSpread.ShouldBeLessThan(0.025);
        report.Baseline("prompt_length").Apgr.Value.ShouldBe(0.598, 0.003);
        report.Policies[0].Apgr.Value.ShouldBeGreaterThan(0.603);
    }

    private static RoutingMatrix Read(string file) => RoutingMatrixReader.Read(new RowInput { Files = [PublicData.Require(file)] }, null, CancellationToken.None).Matrix;
}
