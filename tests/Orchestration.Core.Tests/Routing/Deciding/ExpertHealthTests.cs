using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Health;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Deciding;

public sealed class ExpertHealthTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Failures_in_a_row_have_an_expert_left_alone_and_the_error_says_until_when()
    {
        var router = Given.Router(_time, Given.Config("a"));
        for (var i = 0; i < 4; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            router.Observe("a", Given.Failed());
            router.Decide().Expert.ShouldBe("a");
        }

        _time.Advance(TimeSpan.FromMilliseconds(100));
        router.Observe("a", Given.Failed());
        var error = Should.Throw<NoExpertException>(() => router.Decide());
        error.Message.ShouldContain("a: cooling down for ");
        error.Message.ShouldContain("after 5 failures");
        error.Message.ShouldContain("2026-01-01T00:00:");
        error.RetryAfter.ShouldNotBeNull().TotalSeconds.ShouldBeInRange(0.75, 1.25);
    }

    [Fact]
    public void Failures_at_one_moment_are_no_outage()
    {
        var router = Given.Router(_time, Given.Config("a"));
        for (var i = 0; i < 9; i++) router.Observe("a", Given.Failed());
        router.Decide().Expert.ShouldBe("a");
    }

    [Fact]
    public void Half_of_the_last_twenty_is_an_outage_too()
    {
        var router = Given.Router(_time, Given.Config("a", "b"), new WeightedPolicy("auto", 1, 0));
        for (var i = 0; i < 19; i++) router.Observe("a", i % 2 == 0 ? Given.Failed() : Given.Answered);
        router.Decide().Expert.ShouldBe("a");
        router.Observe("a", Given.Failed());
        router.Decide().ShouldSatisfyAllConditions(d => d.Expert.ShouldBe("b"), d => d.Excluded[0].Reason.ShouldContain("failures"));
    }

    [Fact]
    public void What_is_refused_for_the_requests_own_sake_is_no_fault_of_the_experts()
    {
        var router = Given.Router(_time, Given.Config("a"));
        for (var i = 0; i < 30; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            router.Observe("a", new ExpertCall(ExpertCallKind.Refused, default));
            router.Observe("a", new ExpertCall(ExpertCallKind.Cancelled, default));
        }

        router.Decide().Expert.ShouldBe("a");
    }

    [Fact]
    public void One_request_tries_it_then_and_its_answer_ends_the_wait()
    {
        var router = Given.Router(_time, Given.Config("a", "b"), new WeightedPolicy("auto", 1, 0));
        router.BringDown(_time, "a");
        router.Decide().Choice.Experts.ShouldBe(["b"]);
        _time.Advance(TimeSpan.FromSeconds(2));
        router.Decide().Choice.Experts.ShouldBe(["a", "b"]);
        router.Decide().ShouldSatisfyAllConditions(d => d.Choice.Experts.ShouldBe(["b"]), d => d.Excluded[0].Reason.ShouldContain("one request is trying it"));
        router.Observe("a", Given.Answered);
        router.Decide().Choice.Experts.ShouldBe(["a", "b"]);
        router.Decide().Choice.Experts.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Of_many_requests_at_one_moment_exactly_one_tries_it()
    {
        var router = Given.Router(_time, Given.Config("a", "b"), new WeightedPolicy("auto", 1, 0));
        router.BringDown(_time, "a");
        _time.Advance(TimeSpan.FromSeconds(2));
        using var start = new Barrier(8);
        var decided = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            start.SignalAndWait(TestContext.Current.CancellationToken);
            return router.Decide().Expert;
        })));
        decided.Count(static expert => expert == "a").ShouldBe(1);
    }

    [Fact]
    public void The_turn_to_try_it_is_given_once_also_to_those_who_saw_it_free()
    {
        var health = new ExpertHealth(_time, static () => 0.5);
        for (var i = 0; i < ExpertHealth.FailuresInRow; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            health.Observe(Given.Failed());
        }

        _time.Advance(TimeSpan.FromSeconds(2));
        var now = _time.GetTimestamp();
        health.Stand(now).ShouldBe(Standing.MayBeTried);
        health.TryTake(now).ShouldBeTrue();
        health.TryTake(now).ShouldBeFalse();
        health.Stand(now).ShouldBe(Standing.Cooling);
    }

    [Fact]
    public void An_expert_that_was_down_is_nobodys_fallback_before_it_has_answered()
    {
        var router = Given.Router(_time, Given.Config("a", "b"), new WeightedPolicy("auto", 1, 0));
        router.BringDown(_time, "b");
        _time.Advance(TimeSpan.FromSeconds(2));
        router.Decide().Choice.Experts.ShouldBe(["a"]);
        router.Decide(Given.Request("b")).Expert.ShouldBe("b");
        router.Observe("b", Given.Answered);
        router.Decide().Choice.Experts.ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Waits_double_are_spread_and_end()
    {
        var router = Given.Router(_time, Given.Config("a"));
        router.BringDown(_time, "a");
        var expected = 1.0;
        for (var i = 0; i < 12; i++)
        {
            var wait = Should.Throw<NoExpertException>(() => router.Decide()).RetryAfter.ShouldNotBeNull();
            wait.TotalSeconds.ShouldBeInRange(expected * 0.74, expected * 1.26);
            _time.Advance(wait + TimeSpan.FromSeconds(1));
            router.Decide().Expert.ShouldBe("a");
            router.Observe("a", Given.Failed());
            expected = Math.Min(120, expected * 2);
        }
    }

    [Fact]
    public void A_request_that_tries_it_and_goes_away_lets_another_try()
    {
        var router = Given.Router(_time, Given.Config("a"));
        router.BringDown(_time, "a");
        _time.Advance(TimeSpan.FromSeconds(2));
        router.Decide();
        Should.Throw<NoExpertException>(() => router.Decide());
        router.Observe("a", new ExpertCall(ExpertCallKind.Cancelled, default));
        router.Decide().Expert.ShouldBe("a");

        // And one that never says anything does not keep others out for ever.
        _time.Advance(TimeSpan.FromSeconds(31));
        router.Decide().Expert.ShouldBe("a");
    }

    [Fact]
    public void What_an_endpoint_asks_for_is_followed_at_once_and_up_to_a_bound()
    {
        var router = Given.Router(_time, Given.Config("a"));
        router.Observe("a", new ExpertCall(ExpertCallKind.Busy, default, TimeSpan.FromSeconds(20)));
        Should.Throw<NoExpertException>(() => router.Decide()).ShouldSatisfyAllConditions(
            e => e.RetryAfter.ShouldBe(TimeSpan.FromSeconds(20)), e => e.Message.ShouldContain("asked to be left alone"));

        // A call that was sent before and comes back well does not lift it.
        router.Observe("a", Given.Answered);
        Should.Throw<NoExpertException>(() => router.Decide());
        _time.Advance(TimeSpan.FromSeconds(20));
        router.Decide().Expert.ShouldBe("a");
        router.Observe("a", new ExpertCall(ExpertCallKind.Busy, default, TimeSpan.FromHours(114)));
        Should.Throw<NoExpertException>(() => router.Decide()).RetryAfter.ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void Health_stays_when_the_configuration_changes()
    {
        var router = Given.Router(_time, Given.Config("a", "b"));
        router.BringDown(_time, "a");
        router.Use(Given.Setup(Given.Config("a", "c")));
        router.Decide().Expert.ShouldBe("c");
        router.States().Select(static s => (s.Expert, s.IsOnOffer, s.Failed)).ShouldBe([("a", false, 5), ("c", true, 0)]);
    }
}
