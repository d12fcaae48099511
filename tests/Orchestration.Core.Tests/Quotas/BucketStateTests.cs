using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Quotas;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Quotas;

public sealed class BucketStateTests
{
    private static readonly Arbitrary<long[]> Costs = Gen.Choose(1, 4000).Select(static c => (long)c).ArrayOf(300).ToArbitrary();

    [Fact]
    public void Whatever_the_calls_no_minute_holds_more_tokens_than_the_quota()
    {
        var bucket = new QuotaBucket("b", null, 60_000);
        Prop.ForAll(Costs, costs =>
        {
            var calls = Run(bucket, costs, pauseAt: 150);

            // Sent as late as their permits allow, or at once: whatever mixture of the two.
            return Most(calls, 60 + BucketState.Validity - 1e-6) <= 60_000;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public void Work_that_never_ends_uses_nearly_all_of_the_quota_whatever_its_lengths()
    {
        var bucket = new QuotaBucket("b", 1000, 600_000);
        Prop.ForAll(Gen.Choose(100, 1500).Select(static c => (long)c).ArrayOf(4000).ToArbitrary(), costs =>
        {
            var calls = Run(bucket, costs, pauseAt: -1);
            var length = calls[^1].Date - calls[0].Date;
            var share = Math.Max(calls.Sum(c => c.Tokens) / (600_000 * length / 60), calls.Count / (1000 * length / 60));
            return share > 0.98;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    [Theory]
    [InlineData(0.9, 1.1, 0.7, 0.985)]
    [InlineData(1.3, 1.7, 12, 0.88)]
    public void Reservations_that_are_wrong_and_corrected_late_pass_no_quota_and_lose_little_of_it(double least, double most, double late, double used)
    {
        var bucket = new QuotaBucket("b", null, 3_000_000);
        var random = new Random(5);
        var state = new BucketState();
        var open = new Queue<(double Sent, long Correction)>();
        var calls = new List<(double Date, long Tokens)>();
        var now = 0.0;
        while (now < 300)
        {
            while (open.TryPeek(out var next) && next.Sent + late <= now) state.Correct(bucket, now, next.Sent, open.Dequeue().Correction);

            // Little for half a minute, then much: a correction in the wrong place is seen when the window moves on.
            var tokens = (long)((now % 60 < 30 ? 300 : 1900) + (3000 * random.NextDouble()));
            var reserved = (long)(tokens * (least + ((most - least) * random.NextDouble())));
            var date = state.Earliest(bucket, now, reserved);
            state.Book(bucket, date, reserved);
            calls.Add((date, tokens));
            open.Enqueue((date + (0.1 * random.NextDouble()), tokens - reserved));
            now = Math.Max(now, date - 0.2);
        }

        Most(calls, 60 + BucketState.Validity - 1e-6).ShouldBeLessThanOrEqualTo(3_000_000);
        calls.Where(c => c.Date is >= 60 and < 240).Sum(c => c.Tokens).ShouldBeGreaterThan((long)(9_000_000 * used));
    }

    [Fact]
    public void What_is_taken_back_is_taken_from_where_it_was_booked_and_not_from_calls_that_count_for_longer()
    {
        var bucket = new QuotaBucket("b", null, 6000);
        var state = new BucketState();
        state.Book(bucket, 0, 5000);
        state.Book(bucket, 50, 1000);
        state.Correct(bucket, 55, 0, -4000);

        // The first call has left the window; the second still holds 1,000 of 6,000 until 110 s.
        state.Earliest(bucket, 61, 5500).ShouldBeGreaterThan(110);
        state.Earliest(bucket, 61, 4900).ShouldBe(61);
    }

    [Fact]
    public void A_state_read_back_goes_on_as_the_one_that_was_written()
    {
        var bucket = new QuotaBucket("b", 100, 10_000);
        var state = new BucketState();
        for (var i = 0; i < 30; i++) state.Book(bucket, state.Earliest(bucket, i * 0.4, 97), 97);
        var copy = BucketState.FromBytes(state.ToBytes());
        for (var i = 0; i < 200; i++)
        {
            var date = state.Earliest(bucket, 12, 97);
            copy.Earliest(bucket, 12, 97).ShouldBe(date);
            state.Book(bucket, date, 97);
            copy.Book(bucket, date, 97);
        }
    }

    [Fact]
    public void A_state_from_before_the_clock_began_anew_is_known_as_such()
    {
        var bucket = new QuotaBucket("b", 100, null);
        var state = new BucketState();
        state.IsAheadOf(0).ShouldBeFalse();
        state.Book(bucket, 1_000_000, 1);
        state.IsAheadOf(1_000_000).ShouldBeFalse();
        state.IsAheadOf(30).ShouldBeTrue();
    }

    private static List<(double Date, long Tokens)> Run(QuotaBucket bucket, long[] costs, int pauseAt)
    {
        var state = new BucketState();
        var calls = new List<(double, long)>();
        var now = 1000.0;
        for (var i = 0; i < costs.Length; i++)
        {
            if (i == pauseAt) now += 30;
            var date = state.Earliest(bucket, now, costs[i]);
            state.Book(bucket, date, costs[i]);
            calls.Add((date, costs[i]));
            now = Math.Max(now, date - 0.2);
        }

        return calls;
    }

    private static long Most(List<(double Date, long Tokens)> calls, double seconds)
    {
        long most = 0, sum = 0;
        for (int first = 0, last = 0; last < calls.Count; last++)
        {
            sum += calls[last].Tokens;
            while (calls[last].Date - calls[first].Date >= seconds) sum -= calls[first++].Tokens;
            most = Math.Max(most, sum);
        }

        return most;
    }
}
