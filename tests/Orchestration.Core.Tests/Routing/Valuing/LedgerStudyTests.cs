using System.Text;
using System.Text.Json;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Valuing;
using Orchestration.Learning.Valuing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Valuing;

public sealed class LedgerStudyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestration-ledger-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_to_the_same_bits()
    {
        var routes = Confounded(50, 1);
        routes[3] = routes[3] with { Reward = null, CostUsd = null, Prompt = null, Features = [0.1f, -2.5f], FeaturesVersion = "ab", Group = "g" };
        var (read, report) = LoggedRouteReader.Read(Input([.. routes.Select(Line)]), CancellationToken.None);
        report.Rejected.ShouldBe(0);
        read.Select(Line).ShouldBe(routes.Select(Line));
        read[3].Features.ShouldBe([0.1f, -2.5f]);
        read[7].Probability.ShouldBe(routes[7].Probability);
    }

    [Fact]
    public void Bad_rows_are_left_out_with_line_and_cure_and_good_ones_are_read()
    {
        var good = Line(Confounded(1, 1)[0]);
        string[] bad =
        [
            good.Replace("\"id\":\"r_0\"", "\"id\":\"a\"", StringComparison.Ordinal).Replace("\"candidates\":[", "\"candidates\":[{\"expert\":\"third\",\"probability\":0.5},", StringComparison.Ordinal),
            """{"id":"b","expert":"cheap","candidates":[{"expert":"cheap","probability":1}]}""",
            """{"id":"c","expert":"cheap","probability":0.5,"candidates":[{"expert":"cheap","probability":1}]}""",
            """{"id":"d","expert":"cheap","probability":1,"candidates":[{"expert":"cheap","probability":1}],"reward":7}""",
            """{"id":"e","expert":"cheap","probability":1,"candidates":[]}""",
            good,
        ];
        var (read, report) = LoggedRouteReader.Read(Input([good, .. bad]) with { RejectsPath = Path.Combine(_folder, "rejects.jsonl") }, CancellationToken.None);
        read.Count.ShouldBe(1);
        report.Rejected.ShouldBe(6);
        report.FirstReject!.ShouldContain("add up to 1.5");
        var rejects = File.ReadAllText(Path.Combine(_folder, "rejects.jsonl"));
        foreach (var cure in (string[])["Without it nothing can be valued", "not among the candidates", "0 to 1; write null", "all who could have been asked", "earlier row"]) rejects.ShouldContain(cure);
    }

    [Fact]
    public void Easy_prompts_make_the_cheap_expert_look_good_until_it_is_corrected()
    {
        var routes = Confounded(3000, 2);
        var study = LedgerStudy.Of(routes, new Hardness(), new ValueOptions());
        study.Experts.ShouldBe(["cheap", "dear"]);
        var experts = study.ByExpert();

        experts[0].OfWhatItWasSent.Value.ShouldBeGreaterThan(experts[1].OfWhatItWasSent.Value + 0.05);
        experts[0].Corrected.DoublyRobust.Value.ShouldBe(0.5, 0.06);
        experts[1].Corrected.DoublyRobust.Value.ShouldBe(0.6, 0.06);
        experts[1].Corrected.DoublyRobust.Value.ShouldBeGreaterThan(experts[0].Corrected.DoublyRobust.Value);
        study.FeaturesUsed.ShouldBe("of the prompt");
        study.Judged.ShouldBe(3000);

        // The value of a policy that sends the hard half to the dear expert: 0.85 − 0.7 h, and 0.1 more on half of the prompts.
        var value = study.Of(new Threshold(0.5));
        value.Value.Refusal.ShouldBe(ValueRefusal.None);
        value.Value.DoublyRobust.Lower.ShouldBeLessThan(0.55);
        value.Value.DoublyRobust.Upper.ShouldBeGreaterThan(0.55);
        value.CostUsd.ShouldNotBeNull().ShouldBe(0.001 * 0.5 + 0.01 * 0.5, 0.0004);
        study.Always("dear").Value.DoublyRobust.Value.ShouldBe(experts[1].Corrected.DoublyRobust.Value, 1e-12);
        study.Logged().Value.Overlap.EffectiveRows.ShouldBe(3000, 1e-6);
        study.Uniform().Value.DoublyRobust.Value.ShouldBe(0.55, 0.05);
    }

    [Fact]
    public void A_log_without_exploration_values_nothing_but_itself()
    {
        LoggedRoute[] routes =
        [
            .. Confounded(500, 3).Select(static r => r with
            {
                Probability = 1, Candidates = [.. r.Candidates.Select(c => c with { Probability = c.Expert == r.Expert ? 1 : 0 })],
            }),
        ];
        var study = LedgerStudy.Of(routes, null, new ValueOptions());
        study.FeaturesUsed.ShouldBe("none");
        study.Uniform().Value.Refusal.ShouldBe(ValueRefusal.Unsupported);
        study.Of(new Threshold(0.5)).Value.Refusal.ShouldBe(ValueRefusal.Unsupported);
        study.Logged().Value.Refusal.ShouldBe(ValueRefusal.None);
        study.Logged().Value.DoublyRobust.Value.ShouldBe(routes.Average(static r => r.Reward!.Value), 1e-9);
    }

    [Fact]
    public void What_cannot_be_valued_says_why()
    {
        var routes = Confounded(40, 4);
        Should.Throw<OrchestrationException>(() => LedgerStudy.Of([.. routes.Select(static r => r with { Reward = null })], null, new ValueOptions())).Message.ShouldContain("router.judging");
        var study = LedgerStudy.Of([.. routes.Select(static r => r with { Prompt = null })], new Hardness(), new ValueOptions());
        Should.Throw<OrchestrationException>(() => study.Of(new Threshold(0.5))).Message.ShouldContain("router.keep");
    }

    [Fact]
    public void A_route_of_the_ledger_is_logged_and_its_reward_only_where_the_chosen_expert_answered_alone()
    {
        var decision = new RouteDecision
        {
            Id = "r_1",
            At = DateTimeOffset.UnixEpoch,
            Policy = "auto",
            PolicyVersion = "v",
            Probability = 0.75,
            Choice = new RoutingChoice
            {
                Experts = ["dear", "cheap"],
                Estimates = [new ExpertEstimate("dear", 0.8, 0.7, 0.9, 0.01, 0.75), new ExpertEstimate("cheap", double.NaN, double.NaN, double.NaN, null, 0.25)],
                Reason = "test",
            },
        };
        var outcome = new RouteOutcome { Decision = decision, Steps = [], AnsweredBy = "dear", CostUsd = 0.02m };
        var record = new RouteRecord { Decision = decision, Outcome = outcome, Score = 0.6 };

        var logged = LoggedRoute.Of(record).ShouldNotBeNull();

        (logged.Reward, logged.CostUsd, logged.Expert, logged.Probability).ShouldBe((0.6, 0.02, "dear", 0.75));
        logged.Candidates[1].ShouldBe(new LoggedCandidate("cheap", null, null, 0.25));
        LoggedRoute.Of(record with { Outcome = outcome with { AnsweredBy = "cheap" } })!.Reward.ShouldBeNull();
        LoggedRoute.Of(record with { Outcome = null }).ShouldBeNull();
        LoggedRoute.Of(record with { Decision = decision with { Policy = "" } }).ShouldBeNull();
    }

    /// <summary>Hard prompts go to the dear expert, which is better by 0.1 on all of them.</summary>
    private static LoggedRoute[] Confounded(int rows, int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, rows).Select(i =>
            {
                var hard = random.NextDouble();
                var dear = 0.05 + 0.9 * hard;
                var isDear = random.NextDouble() < dear;
                return new LoggedRoute
                {
                    Id = $"r_{i}",
                    At = DateTimeOffset.UnixEpoch.AddSeconds(i),
                    Prompt = hard.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
                    Policy = "auto",
                    Expert = isDear ? "dear" : "cheap",
                    Probability = isDear ? dear : 1 - dear,
                    Candidates = [new LoggedCandidate("cheap", 0.5, 0.001, 1 - dear), new LoggedCandidate("dear", null, 0.01, dear)],
                    CostUsd = isDear ? 0.01 : 0.001,
                    Reward = random.NextDouble() < 0.85 - 0.7 * hard + (isDear ? 0.1 : 0) ? 1 : 0,
                };
            }),
        ];
    }

    private static string Line(LoggedRoute route)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) route.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private RowInput Input(string[] lines)
    {
        var path = Path.Combine(_folder, "log.jsonl");
        File.WriteAllLines(path, lines);
        return new RowInput { Files = [path] };
    }

    private static double Of(RoutingPrompt prompt) => double.Parse(prompt.Text, System.Globalization.CultureInfo.InvariantCulture);

    private sealed class Hardness : IPromptFeatures
    {
        public string Version => "hard";

        public int Dimension => 1;

        public void Fill(RoutingPrompt prompt, Span<float> features) => features[0] = (float)Of(prompt);
    }

    private sealed class Threshold(double at) : IRoutingPolicy
    {
        public string Name => "threshold";

        public string Version => "1";

        public string FeaturesVersion => "";

        public RoutingChoice Choose(RoutingQuestion question)
        {
            var chosen = Of(question.Prompt) >= at ? "dear" : "cheap";
            return new RoutingChoice
            {
                Experts = [chosen],
                Estimates = [.. question.Offers.Select(o => new ExpertEstimate(o.Expert, double.NaN, double.NaN, double.NaN, o.CostUsd, o.Expert == chosen ? 1 : 0))],
                Reason = "threshold",
            };
        }
    }
}
