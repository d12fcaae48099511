using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Routing;

public sealed class RatingTests
{
    private readonly ManualTime _time = new();
    private readonly InMemoryData _data;

    public RatingTests() => _data = new InMemoryData(_time);

    private static CancellationToken Cancel => LoopSilo.Cancel;

    [Fact]
    public async Task A_rating_may_come_late_and_a_second_one_replaces_the_first_at_any_silo()
    {
        await using var one = New();
        await using var two = New(seed: 2);
        one.Run();
        var route = await one.RouteAsync();
        (await one.Router.FeedbackAsync(new RouteFeedback(route.Id, 0, "k1"), Cancel)).ShouldBe(FeedbackReceipt.Taken, "it is known where it was routed before it is written");
        await one.WrittenAsync(1);
        _time.Advance(TimeSpan.FromDays(12));
        (await two.Router.FeedbackAsync(new RouteFeedback(route.Id, 1, "k1"), Cancel)).ShouldBe(FeedbackReceipt.Replaced);
        (await two.Router.FeedbackAsync(new RouteFeedback(route.Id, 0.5, "k2", new string('x', 3000)), Cancel)).ShouldBe(FeedbackReceipt.Taken);
        var kept = (await one.Router.FindAsync(route.Id, Cancel)).ShouldNotBeNull().Feedback;
        kept.Select(static f => (f.Source, f.Rating)).ShouldBe([("k1", 1), ("k2", 0.5)]);
        kept[1].Comment!.Length.ShouldBe(2000);
    }

    [Fact]
    public async Task Ratings_of_unknown_routes_and_of_routes_without_an_answer_are_unknown()
    {
        await using var silo = New();
        var failed = await silo.RouteAsync(change: static o => o with { AnsweredBy = null });
        (await silo.Router.FeedbackAsync(new RouteFeedback(failed.Id, 1, "k"), Cancel)).ShouldBe(FeedbackReceipt.Unknown);
        (await silo.Router.FeedbackAsync(new RouteFeedback("r_00000000000000000000000000", 1, "k"), Cancel)).ShouldBe(FeedbackReceipt.Unknown);
        (await silo.Router.FeedbackAsync(new RouteFeedback("'; DROP TABLE routes", 1, "k"), Cancel)).ShouldBe(FeedbackReceipt.Unknown);
        foreach (var rating in (double[])[-0.1, 1.1, double.NaN, double.PositiveInfinity])
            (await Should.ThrowAsync<OrchestrationException>(async () => await silo.Router.FeedbackAsync(new RouteFeedback(failed.Id, rating, "k"), Cancel))).Code.ShouldBe(ErrorCodes.Input);
    }

    [Fact]
    public async Task A_source_that_rates_more_than_anybody_could_is_held_back_and_nothing_is_written()
    {
        await using var silo = New();
        var routes = new List<RouteDecision>();
        for (var i = 0; i < 70; i++) routes.Add(await silo.RouteAsync());
        var receipts = new List<FeedbackReceipt>();
        foreach (var route in routes) receipts.Add(await silo.Router.FeedbackAsync(new RouteFeedback(route.Id, 1, "flood"), Cancel));
        receipts.Count(static r => r == FeedbackReceipt.Taken).ShouldBe(60);
        receipts[^1].ShouldBe(FeedbackReceipt.HeldBack);
        (await silo.Store.Routing.RatingsAsync(1000, Cancel)).Count.ShouldBe(60);
        (await silo.Router.FeedbackAsync(new RouteFeedback(routes[0].Id, 1, "somebody else"), Cancel)).ShouldBe(FeedbackReceipt.Taken);
        _time.Advance(TimeSpan.FromMinutes(1));
        (await silo.Router.FeedbackAsync(new RouteFeedback(routes[^1].Id, 1, "flood"), Cancel)).ShouldBe(FeedbackReceipt.Taken);
    }

    [Fact]
    public async Task A_source_whose_ratings_go_against_the_judges_is_held_back_as_a_whole()
    {
        await using var silo = New(judges: [new ScoringJudge("j", static p => Judgment.Scored(p.Answer == "good" ? 4 : 0))]);
        silo.Run();
        for (var i = 0; i < 24; i++)
        {
            var isGood = i % 2 == 0;
            var route = await silo.RouteAsync(answer: isGood ? "good" : "bad");
            await silo.RewardAsync(route.Id);
            await silo.Loop.FollowAsync(Cancel);
            _time.Advance(TimeSpan.FromSeconds(10));

            // Honest, and wrong three times in twelve.
            var honest = await silo.Router.FeedbackAsync(new RouteFeedback(route.Id, isGood == (i % 12 > 2) ? 1 : 0, "honest"), Cancel);
            var hostile = await silo.Router.FeedbackAsync(new RouteFeedback(route.Id, isGood ? 0 : 1, "hostile"), Cancel);
            honest.ShouldBe(FeedbackReceipt.Taken, $"rating {i}");
            if (i >= 12) hostile.ShouldBe(FeedbackReceipt.HeldBack, $"rating {i}");
        }

        _time.Advance(TimeSpan.FromSeconds(10));
        var study = (await silo.Router.RatingsAsync(Cancel)).ShouldNotBeNull();
        study.HeldBack("honest").ShouldBeNull();
        study.HeldBack("hostile").ShouldNotBeNull().ShouldContain("away from the judges' scores");
        study.Experts.ShouldHaveSingleItem().Sources.ShouldBe(1);
    }

    [Fact]
    public void No_source_moves_an_experts_figure_by_more_than_is_stated_whatever_it_says_and_however_often()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 300; trial++)
        {
            var honest = Enumerable.Range(0, random.Next(0, 60)).Select(i => Rating(i, "a", $"k{random.Next(8)}", random.NextDouble())).ToList();
            var without = RatingStudy.Of(honest, static _ => null).Experts.FirstOrDefault(static e => e.Expert == "a")?.Figure ?? 0.5;
            var says = random.NextDouble() < 0.5 ? 0.0 : 1.0;
            var hostile = Enumerable.Range(1000, random.Next(1, 400)).Select(i => Rating(i, "a", "hostile", says));
            var with = RatingStudy.Of([.. honest, .. hostile], static _ => null);
            if (with.HeldBack("hostile") is not null)
            {
                with.Experts.Single().Figure.ShouldBe(without, 1e-12);
                continue;
            }

            var weight = honest.GroupBy(static r => r.Feedback.Source).Sum(static g => Math.Min(g.Count(), RatingStudy.MostWeight));
            var moved = Math.Abs(with.Experts.Single().Figure - without);
            moved.ShouldBeLessThanOrEqualTo((double)RatingStudy.MostWeight / (RatingStudy.PriorWeight + RatingStudy.MostWeight + weight) + 1e-12);
            moved.ShouldBeLessThanOrEqualTo(0.2 + 1e-12);
            with.Experts.Single().MostInfluence.ShouldBeLessThanOrEqualTo(0.2);
        }
    }

    [Fact]
    public void Honest_sources_are_seldom_held_back_and_hostile_ones_nearly_always()
    {
        var random = new Random(5);
        var (honestHeld, hostileHeld) = (0, 0);
        const int Trials = 400;
        for (var trial = 0; trial < Trials; trial++)
        {
            var quality = Enumerable.Range(0, 40).Select(_ => Math.Clamp(0.65 + (0.25 * Normal(random)), 0, 1)).ToArray();
            StoredRating[] ratings =
            [
                // A thumb up or down by quality, with a mind of its own; and one that raises what is bad and lowers what is good.
                .. quality.Select((q, i) => Rating(i, "a", "honest", random.NextDouble() < q ? 1 : 0)),
                .. quality.Select((q, i) => Rating(i, "a", "hostile", q > 0.65 ? 0 : 1)),
            ];
            var study = RatingStudy.Of(ratings, id => quality[Number(id)]);
            if (study.HeldBack("honest") is not null) honestHeld++;
            if (study.HeldBack("hostile") is not null) hostileHeld++;
        }

        honestHeld.ShouldBeLessThanOrEqualTo(Trials / 50);
        hostileHeld.ShouldBeGreaterThanOrEqualTo(Trials * 95 / 100);
    }

    [Fact]
    public void One_that_says_the_opposite_of_all_others_is_held_back_also_where_nothing_was_judged()
    {
        var ratings = Enumerable.Range(0, 4).SelectMany(s => Enumerable.Range(0, 12).Select(i => Rating((s * 100) + i, "a", $"k{s}", i % 6 == 0 ? 0 : 1)))
            .Concat(Enumerable.Range(900, 12).Select(static i => Rating(i, "a", "hostile", 0))).ToArray();
        var study = RatingStudy.Of(ratings, static _ => null);
        study.HeldBack("hostile").ShouldNotBeNull().ShouldContain("what the others say");
        study.Sources.Count(static s => s.HeldBack is null).ShouldBe(4);
    }

    private LoopSilo New(int seed = 1, IReadOnlyList<ScoringJudge>? judges = null) => new(_data, _time, LoopSilo.Config("a"), judges, seed: seed);

    private static StoredRating Rating(int number, string expert, string source, double rating) =>
        new(new RouteFeedback(RouteId.Format(new Hash128(7, (ulong)number)), rating, source), expert, default, null);

    private static int Number(string id) => RouteId.TryParse(id, out var bits) ? (int)bits.Low : -1;

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
