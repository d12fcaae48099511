using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Drift;
using Orchestration.Learning.Drift;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Routing.Drift;

public sealed class DriftMonitorTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 4, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_expert_that_gets_worse_is_found_with_when_it_began_and_one_that_is_sent_harder_prompts_is_not()
    {
        var monitor = new DriftMonitor(new DriftOptions());
        var random = new Random(1);
        DriftFinding? found = null;
        for (var i = 0; i < 4000; i++)
        {
            var at = Start.AddMinutes(i);
            found ??= monitor.Judged("worse", at, random.NextDouble() < (i < 2500 ? 0.8 : 0.5) ? 1 : 0, 0.8);

            // Harder prompts from the same moment on, and the policy knew.
            monitor.Judged("sent-hard", at, random.NextDouble() < (i < 2500 ? 0.8 : 0.5) ? 1 : 0, i < 2500 ? 0.8 : 0.5);
            monitor.Judged("steady", at, random.NextDouble() < 0.7 ? 1 : 0);
        }

        var finding = monitor.Findings.ShouldHaveSingleItem();
        finding.ShouldBe(found);
        (finding.Subject, finding.Kind, finding.IsJudge, finding.IsWorse).ShouldBe(("worse", DriftKind.Quality, false, true));
        finding.Before.ShouldBe(0, 0.06);
        finding.After.ShouldBe(-0.3, 0.1);
        (finding.Since - Start.AddMinutes(2500)).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(120));
        finding.NoticedAt.ShouldBeLessThan(Start.AddMinutes(3100));
        finding.ToString().ShouldStartWith("expert worse: judged quality against what was expected went from ");
        finding.ToString().ShouldContain("since about 2026-05-06");
    }

    [Fact]
    public void Failing_calls_are_found_and_what_is_not_the_experts_fault_is_left_out()
    {
        var monitor = new DriftMonitor(new DriftOptions());
        var random = new Random(2);
        for (var i = 0; i < 3000; i++)
        {
            var at = Start.AddSeconds(i);
            monitor.Called("flaky", at, random.NextDouble() < (i < 1500 ? 0.01 : 0.3) ? ExpertCallKind.Failed : ExpertCallKind.Answered);
            monitor.Called("refusing", at, i < 1500 || random.NextDouble() < 0.5 ? ExpertCallKind.Answered : random.Next(2) == 0 ? ExpertCallKind.Refused : ExpertCallKind.Cancelled);
        }

        var finding = monitor.Findings.ShouldHaveSingleItem();
        (finding.Subject, finding.Kind).ShouldBe(("flaky", DriftKind.Failures));
        finding.ToString().ShouldContain("failed calls went from ");
    }

    [Fact]
    public void A_judges_unreadable_replies_flips_and_scores_are_found_each_as_what_they_are()
    {
        var monitor = new DriftMonitor(new DriftOptions());
        var random = new Random(3);
        for (var i = 0; i < 5000; i++)
        {
            var (at, isLate) = (Start.AddSeconds(i), i >= 2500);
            var score = Math.Round((random.NextDouble() + random.NextDouble()) * 2) / 4;
            monitor.Replied("broken", at, random.NextDouble() < (isLate ? 0.2 : 0.01) ? null : score);
            monitor.Replied("generous", at, isLate ? Math.Min(1, score + 0.25) : score);
            monitor.Replied("polar", at, isLate ? score < 0.5 ? 0 : score > 0.5 ? 1 : 0.5 : score);
            monitor.Compared("turning", at, random.NextDouble() < (isLate ? 0.4 : 0.1));
            monitor.Replied("steady", at, random.NextDouble() < 0.01 ? null : score);
            monitor.Compared("steady", at, random.NextDouble() < 0.1);
        }

        var found = monitor.Findings;
        found.Select(static f => (f.Subject, f.Kind)).Where(static f => f.Subject != "generous" || f.Kind == DriftKind.ScoreLevel).ShouldBe(
            [("broken", DriftKind.Unreadable), ("generous", DriftKind.ScoreLevel), ("polar", DriftKind.ScoreSpread), ("turning", DriftKind.Flips)]);
        found.ShouldAllBe(static f => f.IsJudge && f.IsWorse && f.Since >= Start.AddSeconds(2300) && f.NoticedAt < Start.AddSeconds(3200));
        found.Single(static f => f.Subject == "generous" && f.Kind == DriftKind.ScoreLevel).Stability.ShouldBeGreaterThan(0.1);
        found.Single(static f => f.Subject == "generous" && f.Kind == DriftKind.ScoreLevel).ToString().ShouldContain("scores are higher");
    }

    [Fact]
    public void Who_is_released_begins_with_a_new_reference()
    {
        var monitor = new DriftMonitor(new DriftOptions { Reference = 100 });
        for (var i = 0; i < 1000; i++) monitor.Judged("a", Start.AddSeconds(i), i < 500 ? 0.9 : 0.4);
        monitor.Findings.Count.ShouldBe(1);

        monitor.ForgetExpert("a").ShouldBeTrue();
        monitor.ForgetExpert("a").ShouldBeFalse();
        for (var i = 0; i < 1000; i++) monitor.Judged("a", Start.AddSeconds(i), 0.4);

        monitor.Findings.ShouldBeEmpty();
        monitor.ForgetJudge("nobody").ShouldBeFalse();
    }

    [Fact]
    public void Times_are_kept_in_bounded_memory_and_are_never_far_off()
    {
        var times = new ObservedTimes();
        for (var i = 0; i < 1_000_000; i++) times.Add(Start.AddSeconds(i));
        foreach (var number in (long[])[0, 17, 400_000, 999_999])
            (times.Of(number) - Start.AddSeconds(number)).Duration().ShouldBeLessThan(TimeSpan.FromSeconds(4096));
    }
}
