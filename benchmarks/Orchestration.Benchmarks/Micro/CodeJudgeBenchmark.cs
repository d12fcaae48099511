using BenchmarkDotNet.Attributes;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Code;
using Orchestration.Core.Pairs;

namespace Orchestration.Benchmarks.Micro;

/// <summary>One pair with a 1 KB answer through all code judges: sharing one reading of the texts, and one by one.</summary>
[MemoryDiagnoser]
public class CodeJudgeBenchmark
{
    private readonly ICodeJudge[] _judges = [.. CodeJudges.All];
    private readonly Judgment[] _judgments = new Judgment[CodeJudges.All.Count];
    private readonly Pair _pair = new()
    {
        Id = "p",
        Prompt = "How does a bicycle stay upright, and what does the rider do about it?",
        Answer = string.Concat(Enumerable.Repeat("A rolling bicycle steers into the lean: trail and weight turn the front wheel towards the side it falls to. ", 10)),
        Reference = "A moving bicycle steers into a lean, which brings the wheels back under the rider.",
        Group = "g",
    };

    /// <summary>All judges over one shared analysis.</summary>
    [Benchmark(Baseline = true)]
    public Judgment Shared()
    {
        CodeJudges.ScoreAll(_pair, _judges, _judgments);
        return _judgments[0];
    }

    /// <summary>Each judge by itself.</summary>
    [Benchmark]
    public Judgment OneByOne()
    {
        for (var i = 0; i < _judges.Length; i++) _judgments[i] = _judges[i].Score(_pair);
        return _judgments[0];
    }
}
