using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Leases;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Contracts;
using Orleans;

namespace Orchestration.Orleans.Benchmarks;

/// <summary>What is called.</summary>
internal enum Call
{
    /// <summary>A grain that does nothing, one of two thousand.</summary>
    Empty,

    /// <summary>The evaluation of one of two thousand pairs by ten recorded judges, asked again and again.</summary>
    Evaluation,

    /// <summary>A grain that does nothing and that nobody asked before.</summary>
    NewEmpty,

    /// <summary>The evaluation of a pair that nobody asked for before.</summary>
    NewEvaluation,

    /// <summary>A judge with a limit, by the caller's silo under its lease.</summary>
    LeasedJudge,

    /// <summary>The same judge as one grain that all ask.</summary>
    OneJudge,
}

/// <summary>Calls as fast as answers come, 64 at a time.</summary>
/// <param name="grains">The cluster.</param>
/// <param name="whose">Whose two thousand pairs are asked for again and again: they live where they were asked for first.</param>
internal sealed class Caller(IGrainFactory grains, string whose)
{
    private const int AtOnce = 64;

    // Nobody else's keys: what is new is new in the whole cluster.
    private readonly string _own = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId:x16}{TimeProvider.System.GetTimestamp():x16}");
    private readonly JudgeSet _judges = JudgeSet.Of([.. RecordedJudge.Ten.Select(static judge => judge.Descriptor)]);
    private readonly Pair[] _pairs = [.. Enumerable.Range(0, RecordedJudge.Recorded).Select(number => PairOf(number, whose))];
    private readonly string[] _keys = [.. Enumerable.Range(0, RecordedJudge.Recorded).Select(number => RecordedJudge.IdOf(number) + whose)];
    private readonly GrainPairs _questions = new(grains);
    private long _new;

    /// <summary>Calls for as long, and says how many a second were answered.</summary>
    public async Task<double> RunAsync(Call call, TimeSpan time)
    {
        var (began, next, answered) = (TimeProvider.System.GetTimestamp(), -1L, 0L);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(async () =>
        {
            while (TimeProvider.System.GetElapsedTime(began) < time)
            {
                await OnceAsync(call, Interlocked.Increment(ref next));
                Interlocked.Increment(ref answered);
            }
        })));
        return answered / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    private Task OnceAsync(Call call, long number)
    {
        var pair = (int)(number % RecordedJudge.Recorded);
        switch (call)
        {
            case Call.Empty:
                return grains.GetGrain<IEmptyGrain>(_keys[pair]).NothingAsync();
            case Call.NewEmpty:
                return grains.GetGrain<IEmptyGrain>(New()).NothingAsync();
            case Call.Evaluation:
                return EvaluateAsync(_pairs[pair]);
            case Call.NewEvaluation:
                return EvaluateAsync(PairOf(pair, New()));
            case Call.LeasedJudge:
                return grains.GetGrain<IJudgeWorkerGrain>("hot").JudgeAsync(new JudgeQuestion { Pairs = [_pairs[pair]] });
            case Call.OneJudge:
                return grains.GetGrain<IOneJudgeGrain>("hot").JudgeAsync(new JudgeQuestion { Pairs = [_pairs[pair]] });
            default:
                throw new ArgumentOutOfRangeException(nameof(call));
        }
    }

    private async Task EvaluateAsync(Pair pair)
    {
        var answer = await _questions.AskAsync(new EvaluationQuestion { Pair = pair }, _judges);
        if (!answer.Judgments[0].IsScored) throw new InvalidOperationException("not judged: " + answer.Judgments[0].Reason);
    }

    private string New() => string.Create(CultureInfo.InvariantCulture, $"{_own}/{Interlocked.Increment(ref _new)}");

    private static Pair PairOf(int number, string answer) => new()
    {
        Id = RecordedJudge.IdOf(number),
        Prompt = "Which planet is the largest, and what is it made of?",
        Answer = "Jupiter, most of it hydrogen and helium. It has more than twice the mass of all other planets together. " + RecordedJudge.IdOf(number) + answer,
        Group = "planets",
    };

    /// <summary>Nanoseconds that the evaluation of a pair by ten recorded judges takes where no grain is.</summary>
    public static async Task<double> WithoutGrainAsync()
    {
        const int Calls = 100_000;
        var actors = new EmbeddedActors(RecordedJudge.Ten, null, TimeProvider.System);
        var columns = JudgeSet.Of([.. RecordedJudge.Ten.Select(static judge => judge.Descriptor)]).Columns;
        await TimeAsync();
        return await TimeAsync();

        async Task<double> TimeAsync()
        {
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < Calls; i++)
            {
                var served = new ServedEvaluation(actors.PairEvaluation(""));
                await served.EvaluateAsync(new EvaluationRequest { Pairs = [PairOf(i % RecordedJudge.Recorded, "")], Columns = columns, Table = new JudgmentTable(1, columns.Length) }, CancellationToken.None);
            }

            return TimeProvider.System.GetElapsedTime(began).TotalNanoseconds / Calls;
        }
    }

    /// <summary>Nanoseconds that a question to a judge of this process takes, with and without places under a lease.</summary>
    public static async Task<(double Bare, double Leased)> LocalAsync()
    {
        const int Calls = 2_000_000;
        var places = new JudgePlaces(TimeProvider.System);
        places.Renew(new JudgeLease(RecordedJudge.Hot.Concurrency, TimeSpan.FromHours(1)), TimeProvider.System.GetTimestamp());
        var request = new JudgeRequest<Pair> { Items = [PairOf(1, "")] };
        await TimeAsync(RecordedJudge.Hot);
        await TimeAsync(new LeasedJudge(RecordedJudge.Hot, places));
        return (await TimeAsync(RecordedJudge.Hot), await TimeAsync(new LeasedJudge(RecordedJudge.Hot, places)));

        async Task<double> TimeAsync(IJudge judge)
        {
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < Calls; i++) await judge.JudgeAsync(request, CancellationToken.None);
            return TimeProvider.System.GetElapsedTime(began).TotalNanoseconds / Calls;
        }
    }
}
