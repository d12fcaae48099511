using Orchestration.Backends.Exchanges;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>The governor against an endpoint of its own in virtual time: 64 callers, 50 ms a call, a bucket and an exact sum of 60 s as limits.</summary>
public sealed class RateGovernorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_hidden_limit_is_used_and_seldom_passed(int seed)
    {
        var run = new Run(seed, callsPerSecond: 100);
        run.Until(150);
        run.Share(30, 150).ShouldBeGreaterThan(0.95);
        run.RefusedShare(30, 150).ShouldBeLessThan(0.03);
    }

    [Theory]
    [InlineData(1, 0.02)]
    [InlineData(2, 0.05)]
    [InlineData(3, 0.10)]
    [InlineData(4, 0.20)]
    public void Refusals_at_random_do_not_bring_the_rate_down_for_long(int seed, double share)
    {
        var run = new Run(seed, callsPerSecond: 1e9, refusedAtRandom: share);
        run.Until(120);

        // A call takes 52 ms, and a second more on average for each time that it was refused before.
        var perCall = 0.052 + (share / (1 - share) * 1.001);
        ((double)run.Accepted(30, 120)).ShouldBeGreaterThan(0.65 * 90 * 64 / perCall);
    }

    [Fact]
    public void A_limit_is_found_among_refusals_at_random()
    {
        var run = new Run(7, callsPerSecond: 100, refusedAtRandom: 0.05);
        run.Until(150);
        run.Share(30, 150).ShouldBeGreaterThan(0.8);
        run.RefusedShare(30, 150).ShouldBeLessThan(0.20);
    }

    [Fact]
    public void A_limit_that_is_raised_is_used_within_a_minute_and_one_that_is_lowered_is_kept()
    {
        var run = new Run(8, callsPerSecond: 100);
        run.Until(60);
        run.Limit = 200;
        run.Until(180);
        run.Share(130, 180).ShouldBeGreaterThan(0.85);
        run.Limit = 50;
        run.Until(300);
        run.Share(240, 300).ShouldBeGreaterThan(0.9);
        run.RefusedShare(250, 300).ShouldBeLessThan(0.05);
    }

    /// <summary>One course of events.</summary>
    private sealed class Run
    {
        private const int Callers = 64;
        private readonly ManualTime _time = new();
        private readonly RateGovernor _governor;
        private readonly Random _random;
        private readonly double _refusedAtRandom;
        private readonly PriorityQueue<(int Caller, Step Step, long SentAt), (double At, int Order)> _events = new();
        private readonly Queue<double> _window = new();
        private readonly List<(double At, bool IsAccepted)> _arrivals = [];
        private double _level;
        private double _levelAt;
        private double _now;
        private int _order;

        public Run(int seed, double callsPerSecond, double refusedAtRandom = 0)
        {
            _governor = new RateGovernor(_time);
            _random = new Random(seed);
            _refusedAtRandom = refusedAtRandom;
            Limit = callsPerSecond;
            _level = Limit / 2;
            for (var caller = 0; caller < Callers; caller++) Plan(_random.NextDouble() * 0.05, caller, Step.Ask, 0);
        }

        private enum Step
        {
            Ask,
            Send,
            Arrive,
            Accepted,
            Refused,
        }

        public double Limit { get; set; }

        public void Until(double end)
        {
            while (_events.TryPeek(out _, out var due) && due.At < end)
            {
                var (caller, step, sentAt) = _events.Dequeue();
                _time.Advance(TimeSpan.FromSeconds(due.At - _now));
                _now = due.At;
                switch (step)
                {
                    case Step.Ask:
                        var isTurn = _governor.TryTakeTurn(out var wait);
                        Plan(wait.TotalSeconds, caller, isTurn ? Step.Send : Step.Ask, 0);
                        break;
                    case Step.Send:
                        Plan(0.001, caller, Step.Arrive, _time.GetTimestamp());
                        break;
                    case Step.Arrive:
                        var isAccepted = Pass();
                        _arrivals.Add((_now, isAccepted));
                        Plan(isAccepted ? 0.05 : 0.001, caller, isAccepted ? Step.Accepted : Step.Refused, sentAt);
                        break;
                    case Step.Accepted:
                        _governor.Accept();
                        Plan(0, caller, Step.Ask, 0);
                        break;
                    case Step.Refused:
                        _governor.Refuse(sentAt);
                        Plan(_random.NextDouble() * (double.IsInfinity(_governor.Rate) ? 2 : 1), caller, Step.Ask, 0);
                        break;
                }
            }
        }

        public int Accepted(double from, double to) => _arrivals.Count(a => a.IsAccepted && a.At >= from && a.At < to);

        public double Share(double from, double to) => Accepted(from, to) / (Limit * (to - from));

        public double RefusedShare(double from, double to)
        {
            var within = _arrivals.Where(a => a.At >= from && a.At < to).ToArray();
            return (double)within.Count(static a => !a.IsAccepted) / within.Length;
        }

        private bool Pass()
        {
            if (_random.NextDouble() < _refusedAtRandom) return false;
            _level = Math.Min(Limit / 2, _level + ((_now - _levelAt) * Limit));
            _levelAt = _now;
            while (_window.TryPeek(out var oldest) && _now - oldest >= 60) _window.Dequeue();
            if (_level < 1 || _window.Count + 1 > Limit * 60) return false;
            _level--;
            _window.Enqueue(_now);
            return true;
        }

        private void Plan(double after, int caller, Step step, long sentAt) => _events.Enqueue((caller, step, sentAt), (_now + after, _order++));
    }
}
