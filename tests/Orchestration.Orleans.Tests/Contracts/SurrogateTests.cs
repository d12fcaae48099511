using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Orchestration.Conformance;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Leases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Quotas;
using Orchestration.Core.Routing;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Surrogates;
using Orleans.Serialization;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Contracts;

/// <summary>Types of Core arrive as they were sent.</summary>
public sealed class SurrogateTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer(static serializer => serializer.AddAssembly(typeof(JudgeSet).Assembly)).BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Pairs_and_comparisons_of_any_text_arrive_as_they_were_sent() => Check(
        from texts in Gen.ArrayOf(Text, 9)
        from target in ArbMap.Default.GeneratorFor<double?>()
        from label in Gen.Elements<Preference?>(null, Preference.A, Preference.B, Preference.Tie)
        select (Texts: texts, Target: target, Label: label),
        sample =>
        {
            var t = sample.Texts;
            Same(new Pair { Id = t[0], Prompt = t[1], Answer = t[2], Group = t[3], Reference = None(t[4]), Context = None(t[5]), Category = None(t[6]), Source = None(t[7]), Target = sample.Target });
            Same(new Comparison { Id = t[0], Prompt = t[1], AnswerA = t[2], AnswerB = t[3], Group = t[4], Reference = None(t[5]), Context = None(t[6]), Category = None(t[7]), Label = sample.Label });
            Same(new OrchestrationException(t[0] + "c", t[1] + "m"), static failure => (failure.Code, failure.Message));
        });

    [Fact]
    public void Judgments_and_what_they_took_arrive_as_they_were_sent() => Check(
        from scores in Gen.ArrayOf(Gen.OneOf(Finite.Select(static value => Judgment.Scored(value)), Gen.Elements(UnscoredReason.Timeout, UnscoredReason.Refused, "a word").Select(Judgment.Unscored)))
        from numbers in Gen.ArrayOf(ArbMap.Default.GeneratorFor<long>(), 8)
        from money in ArbMap.Default.GeneratorFor<decimal>()
        select (Scores: scores, Numbers: numbers, Money: money),
        sample =>
        {
            var n = sample.Numbers;
            Same(Judgments.Of(sample.Scores), static judgments => string.Join('|', judgments.ToArray()));
            Judgments.Of(sample.Scores).ToArray().ShouldBe(sample.Scores);
            Same(new CallTotals(n[0], n[1], new TokenUsage(n[2], n[3], n[4], n[5]), sample.Money) { Repaid = n[6] });
            Same(new JudgeLease((int)n[0], TimeSpan.FromTicks(n[1])));
        });

    [Fact]
    public void Permits_and_what_is_asked_for_arrive_as_they_were_sent() => Check(
        from name in Text
        from limits in Gen.ArrayOf(ArbMap.Default.GeneratorFor<long?>(), 2)
        from numbers in Gen.ArrayOf(ArbMap.Default.GeneratorFor<long>(), 8)
        select (Name: name, Limits: limits, Numbers: numbers),
        sample =>
        {
            var n = sample.Numbers;
            Same(
                new QuotaAsk([new QuotaBucket(sample.Name, sample.Limits[0], sample.Limits[1])], n, TimeSpan.FromTicks(n[0])) { Corrections = [new QuotaCorrection(TimeSpan.FromTicks(n[1]), n[2])] },
                static ask => (ask.Buckets[0], string.Join(' ', ask.Tokens), ask.Horizon, ask.Corrections[0]));
            Same(
                new QuotaGrant([new QuotaPermit(TimeSpan.FromTicks(n[0]), TimeSpan.FromTicks(n[1]), n[2])], TimeSpan.FromTicks(n[3])),
                static grant => (grant.Permits[0], grant.AskAgainAfter));
        });

    [Fact]
    public void What_aggregators_are_asked_and_say_arrives_as_it_was_sent() => Check(
        from name in Text
        from scores in Gen.ArrayOf(ArbMap.Default.GeneratorFor<double>(), 4)
        from high in ArbMap.Default.GeneratorFor<ulong>()
        select (Name: name, Scores: scores, High: high),
        sample =>
        {
            Same(
                new AggregatorRequest
                {
                    Columns = new AggregatorColumns([new AggregatorColumn(sample.Name, "r", null), new AggregatorColumn("b", null, sample.Name)], LearnedFrom.Comparisons),
                    Scores = sample.Scores,
                    Pairs = new[] { new Hash128(sample.High, 1), new Hash128(2, sample.High) },
                    Version = None(sample.Name),
                    MinCoverage = 0.25,
                    WithIntervals = true,
                },
                static request => (string.Join('|', request.Columns.Columns), request.Columns.Hold, Bits(request.Scores.ToArray()), string.Join('|', request.Pairs.ToArray()), request.Version, request.MinCoverage, request.WithIntervals));
            Same(
                new AggregatorReply { Refusal = None(sample.Name), Versions = ["v", sample.Name], VersionOf = [0, 1], Scores = sample.Scores, Lower = sample.Scores, Upper = sample.Scores, Coverage = [1, 0.5] },
                static reply => (reply.Refusal, string.Join('|', reply.Versions), string.Join('|', reply.VersionOf), Bits(reply.Scores), Bits(reply.Lower), Bits(reply.Upper), Bits(reply.Coverage)));
        });

    [Fact]
    public void Judges_arrive_with_their_versions_scales_and_dimensions()
    {
        var judge = new JudgeDescriptor
        {
            Id = "tox@gpt",
            Kind = JudgeKind.Panel,
            Version = new Hash128(ulong.MaxValue, 7),
            Dimensions = [new JudgeDimension("tox@gpt/a", new Scale(-1, 5, 0.5, Direction.LowerIsBetter)), new JudgeDimension("tox@gpt/b", null)],
            NeedsReference = true,
            IsPaid = true,
            HasSingleAddress = false,
            ComparesDirectly = true,
        };
        Same(judge, static one => (one with { Dimensions = [] } == one with { Dimensions = [] }, one.Id, one.Kind, one.Version, string.Join('|', one.Dimensions), one.NeedsReference, one.IsPaid, one.HasSingleAddress, one.ComparesDirectly));

        var set = JudgeSet.Of([judge with { ComparesDirectly = false }]);
        var carried = Carried(set);
        carried.Version.ShouldBe(set.Version);
        carried.Columns.ShouldBe(set.Columns);
    }

    [Fact]
    public void An_envelope_arrives_with_what_is_in_it_and_is_handed_on_unopened()
    {
        var question = new EvaluationQuestion { Pair = new Pair { Id = "1", Prompt = "Größe?", Answer = "\ud83d\ude00", Group = "g", Target = 0.25 }, Payer = "key:a", Within = TimeSpan.FromSeconds(3) };
        var serializer = _services.GetRequiredService<Serializer<Envelope<EvaluationQuestion>>>();
        var sent = serializer.SerializeToArray(new Envelope<EvaluationQuestion>(question));
        var arrived = serializer.Deserialize(sent)!;
        serializer.SerializeToArray(arrived).ShouldBe(sent);
        (arrived.Value.Payer, arrived.Value.Within, arrived.Value.Comparison).ShouldBe((question.Payer, question.Within, null));
        JsonSerializer.Serialize(arrived.Value.Pair).ShouldBe(JsonSerializer.Serialize(question.Pair));

        // What cannot be read is found by whom it is for, and not by those who hand it on.
        var content = new byte[] { 0xFF, 0xFF, 0xFF };
        var broken = new Envelope<EvaluationQuestion>(content, _services.GetRequiredService<Serializer<EvaluationQuestion>>());
        serializer.Deserialize(serializer.SerializeToArray(broken))!.Content(null!).ShouldBe(content);
        Should.Throw<Exception>(() => broken.Value);
    }

    [Fact]
    public void Routes_arrive_with_everything_that_the_ledger_keeps()
    {
        for (var number = 0; number < 20; number++)
        {
            var route = RouteSamples.Route(number, isAnswered: number % 2 == 0) with
            {
                Score = 0.5,
                Interval = (0.25, 0.75),
                AggregatorVersion = "v",
                Scores = new Dictionary<string, double>(StringComparer.Ordinal) { ["a"] = 0.1 },
                Feedback = [new RouteFeedback("r", 1, "me", "größer")],
            };
            Same(route, Json);
            Same(route.Decision, Json);
            Same(route.Decision with { Embedding = new RouteStep("embedder", "embedding", 0, 0.1m, 0.2m, TimeSpan.FromMilliseconds(3), double.NaN, "none within 300 ms") }, Json);
            Same(route.Outcome!, Json);
        }

        Same(new RouteRequest { Model = "auto", Prompt = new RoutingPrompt("Why? 単", 12, 34) { Embedding = new[] { 0.5f, -1f } }, Key = "k", MaxUsd = 0.01m, HasImages = true }, Json);
        Same(new RouteFeedback("r_1", -0.5, "me", null));
        Same(new ExpertCall(ExpertCallKind.Busy, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(30)));
    }

    private static readonly Gen<double> Finite = ArbMap.Default.GeneratorFor<NormalFloat>().Select(static value => value.Get);

    // Text with everything that UTF-16 can hold, except halves of pairs, which UTF-8 cannot.
    private static readonly Gen<string> Text = Gen.Elements("", "a", "größer", "単子", "🙂", "\0", "line\nline", new string('x', 70_000), "\"{}\\").ListOf().Select(static parts => string.Concat(parts));

    private static string? None(string text) => text.Length == 0 ? null : text;

    private static string Bits(double[] values) => string.Join('|', values.Select(BitConverter.DoubleToInt64Bits));

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, WireJson.Options);

    private static void Check<T>(Gen<T> samples, Action<T> check) => Prop.ForAll(samples.ToArbitrary(), check).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(8, 1));

    private void Same<T>(T value)
        where T : notnull => Carried(value).ShouldBe(value);

    private void Same<T, TKey>(T value, Func<T, TKey> of)
        where T : notnull => of(Carried(value)).ShouldBe(of(value));

    private T Carried<T>(T value)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }
}
