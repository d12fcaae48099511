using Orchestration.Core;
using Orchestration.Core.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IJudgmentStore"/> does.</summary>
public abstract class JudgmentStoreConformance : StoreConformance
{
    /// <summary>An address made of small numbers.</summary>
    protected static JudgmentAddress Address(int pair, int judge = 1, int repeat = 0) =>
        new(new Hash128((ulong)pair * 0x9E3779B97F4A7C15, (ulong)pair), new Hash128((ulong)judge, 7), repeat);

    /// <summary>A judgment with details that tell it from others.</summary>
    protected static StoredJudgment Judgment(JudgmentAddress address, params double[] values) => new()
    {
        Address = address,
        Values = values,
        Detail = new JudgmentDetail
        {
            Voided = address.Pair.Low % 3 == 0 ? $"names-policy greets-{address.Pair.Low}" : null,
            Rationale = $"Because of pair {address.Pair.Low} – “ünïcode” 🎓 – as judge {address.Judge.High} said {values[0]:R}.",
            ServedModel = "model-2031-01-01",
            Fingerprint = address.Repeat % 2 == 0 ? "fp_1" : null,
            Mass = 0.97,
            Totals = new CallTotals(2, 1, new TokenUsage(1200, 1024, 55, 40), 0.000_000_012_345m),
        },
    };

    [Fact]
    public async Task What_was_never_stored_is_null()
    {
        (await One.Judgments.GetAsync([Address(1), Address(2)], Cancel)).ShouldBe([null, null]);
        (await One.Judgments.FindAsync(Address(1), Cancel)).ShouldBeNull();
        (await One.Judgments.CountAsync(Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task No_addresses_and_no_judgments_are_no_work()
    {
        (await One.Judgments.GetAsync([], Cancel)).ShouldBeEmpty();
        (await One.Judgments.PutAsync([], Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stored_judgment_comes_back_whole_to_every_owner()
    {
        var judgment = Judgment(Address(1), 3.5, -0.1, double.Epsilon);
        (await One.Judgments.PutAsync([judgment], Cancel)).ShouldHaveSingleItem().ShouldBe(judgment.Values);
        foreach (var owner in new[] { One, Two, await OpenAsync() })
        {
            (await owner.Judgments.GetAsync([judgment.Address], Cancel)).ShouldHaveSingleItem().ShouldBe(judgment.Values);
            var found = (await owner.Judgments.FindAsync(judgment.Address, Cancel)).ShouldNotBeNull();
            found.Address.ShouldBe(judgment.Address);
            found.Values.ShouldBe(judgment.Values);
            found.Detail.ShouldBe(judgment.Detail);
            (await owner.Judgments.CountAsync(Cancel)).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_judgment_without_details_comes_back_without_details()
    {
        await One.Judgments.PutAsync([new StoredJudgment { Address = Address(1), Values = [1] }], Cancel);
        (await Two.Judgments.FindAsync(Address(1), Cancel)).ShouldNotBeNull().Detail.ShouldBe(JudgmentDetail.None);
    }

    [Fact]
    public async Task Judgments_of_a_pair_are_told_apart_by_judge_and_by_repeat()
    {
        await One.Judgments.PutAsync([Judgment(Address(1, judge: 1), 1), Judgment(Address(1, judge: 2), 2)], Cancel);
        await One.Judgments.PutAsync([Judgment(Address(1, judge: 1, repeat: 1), 3), Judgment(Address(2, judge: 1), 4)], Cancel);
        var values = await Two.Judgments.GetAsync(
            [Address(2, 1), Address(1, 2), Address(1, 1, 1), Address(1, 1, 2), Address(1, 1), Address(2, 2), Address(1, 2)], Cancel);
        values.Select(static value => value?[0]).ShouldBe([4, 2, 3, null, 1, null, 2]);
        (await Two.Judgments.FindAsync(Address(1, 1, 1), Cancel)).ShouldNotBeNull().Detail.ShouldBe(Judgment(Address(1, 1, 1), 3).Detail);
    }

    [Fact]
    public async Task Pairs_that_share_half_of_their_hash_are_told_apart()
    {
        var left = new JudgmentAddress(new Hash128(5, 1), new Hash128(1, 1), 0);
        var right = new JudgmentAddress(new Hash128(5, 2), new Hash128(1, 1), 0);
        var neither = new JudgmentAddress(new Hash128(5, 3), new Hash128(1, 1), 0);
        await One.Judgments.PutAsync([Judgment(left, 1), Judgment(right, 2)], Cancel);
        (await Two.Judgments.GetAsync([right, left, neither], Cancel)).Select(static value => value?[0]).ShouldBe([2, 1, null]);
    }

    [Fact]
    public async Task The_first_writer_wins_and_everybody_is_told_what_is_held()
    {
        await One.Judgments.PutAsync([Judgment(Address(1), 1)], Cancel);
        (await Two.Judgments.PutAsync([Judgment(Address(1), 2), Judgment(Address(2), 5)], Cancel)).Select(static value => value[0]).ShouldBe([1, 5]);
        (await One.Judgments.PutAsync([Judgment(Address(2), 6), Judgment(Address(1), 7)], Cancel)).Select(static value => value[0]).ShouldBe([5, 1]);
        (await One.Judgments.FindAsync(Address(1), Cancel)).ShouldNotBeNull().Detail.ShouldBe(Judgment(Address(1), 1).Detail);
        (await One.Judgments.CountAsync(Cancel)).ShouldBe(2);
    }

    [Fact]
    public async Task The_first_of_one_batch_wins_too()
    {
        (await One.Judgments.PutAsync([Judgment(Address(1), 1), Judgment(Address(1), 2)], Cancel)).Select(static value => value[0]).ShouldBe([1, 1]);
        (await One.Judgments.CountAsync(Cancel)).ShouldBe(1);
    }

    [Fact]
    public async Task Of_concurrent_writers_of_one_address_all_are_told_the_same()
    {
        for (var pair = 0; pair < 20; pair++)
        {
            var puts = Enumerable.Range(0, 24).Select(i => (i % 2 == 0 ? One : Two).Judgments.PutAsync([Judgment(Address(pair), i)], Cancel).AsTask());
            var held = (await Task.WhenAll(puts)).Select(static values => values[0][0]).Distinct().ShouldHaveSingleItem();
            (await Two.Judgments.GetAsync([Address(pair)], Cancel))[0].ShouldBe([held]);
        }

        (await One.Judgments.CountAsync(Cancel)).ShouldBe(20);
    }

    [Fact]
    public async Task Many_callers_of_two_owners_lose_nothing()
    {
        const int Pairs = 300;
        const int Judges = 10;
        var puts = Enumerable.Range(0, Pairs * Judges).Select(
            i => (i % 2 == 0 ? One : Two).Judgments.PutAsync([Judgment(Address(i / Judges, i % Judges), i)], Cancel).AsTask());
        await Task.WhenAll(puts);
        foreach (var owner in new[] { One, Two, await OpenAsync() })
        {
            var values = await owner.Judgments.GetAsync(Enumerable.Range(0, Pairs * Judges).Select(static i => Address(i / Judges, i % Judges)).ToArray(), Cancel);
            values.Select(static value => value?[0]).ShouldBe(Enumerable.Range(0, Pairs * Judges).Select(static i => (double?)i));
            (await owner.Judgments.CountAsync(Cancel)).ShouldBe(Pairs * Judges);
        }
    }

    [Fact]
    public async Task A_batch_of_thousands_is_held_in_order()
    {
        var judgments = Enumerable.Range(0, 5000).Select(static i => Judgment(Address(i / 3, i % 3), i)).ToArray();
        (await One.Judgments.PutAsync(judgments, Cancel)).Select(static values => values[0]).ShouldBe(Enumerable.Range(0, 5000).Select(static i => (double)i));
        var back = await Two.Judgments.GetAsync(judgments.Reverse().Select(static judgment => judgment.Address).ToArray(), Cancel);
        back.Select(static value => value?[0]).ShouldBe(Enumerable.Range(0, 5000).Reverse().Select(static i => (double?)i));
    }

    [Fact]
    public async Task What_a_killed_owner_was_told_is_stored_stays()
    {
        await One.Judgments.PutAsync([Judgment(Address(1), 1)], Cancel);
        await One.KillAsync();
        (await Two.Judgments.GetAsync([Address(1)], Cancel))[0].ShouldBe([1]);
        (await (await OpenAsync()).Judgments.FindAsync(Address(1), Cancel)).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_callers_array_can_be_used_again_after_the_call()
    {
        double[] values = [1, 2];
        await One.Judgments.PutAsync([Judgment(Address(1), 9) with { Values = values }], Cancel);
        values[0] = 100;
        (await One.Judgments.GetAsync([Address(1)], Cancel))[0].ShouldBe([1, 2]);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task A_value_that_is_no_number_is_refused_and_nothing_of_its_batch_is_stored(double value)
    {
        await Should.ThrowAsync<ArgumentException>(async () => await One.Judgments.PutAsync([Judgment(Address(1), 1), Judgment(Address(2), value)], Cancel));
        (await One.Judgments.CountAsync(Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task A_judgment_without_values_is_refused()
    {
        var empty = new StoredJudgment { Address = Address(1), Values = [] };
        await Should.ThrowAsync<ArgumentException>(async () => await One.Judgments.PutAsync([empty], Cancel));
    }

    [Fact]
    public async Task Nothing_is_done_for_a_caller_who_has_already_left()
    {
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await One.Judgments.PutAsync([Judgment(Address(1), 1)], left.Token));
        await Should.ThrowAsync<OperationCanceledException>(async () => await One.Judgments.GetAsync([Address(1)], left.Token));
        (await One.Judgments.CountAsync(Cancel)).ShouldBe(0);
    }
}
