using BenchmarkDotNet.Attributes;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Sweeps;

namespace Orchestration.Benchmarks.Micro;

/// <summary>A shard of 4,096 pairs × 10 judges to a block and back.</summary>
[MemoryDiagnoser]
public class ResultBlockBenchmark
{
    private const int Rows = 4096;
    private const int Columns = 10;
    private readonly JudgmentTable _table = new(Rows, Columns);
    private readonly double[] _scores = new double[Rows];
    private byte[] _block = [];

    /// <summary>Fills the table.</summary>
    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++) _table.SetScored(row, column, random.Next(41) / 10.0);
            _scores[row] = random.NextDouble();
        }

        _block = ResultBlock.Encode(_table, _scores);
    }

    /// <summary>Table to block.</summary>
    [Benchmark]
    public byte[] Encode() => ResultBlock.Encode(_table, _scores);

    /// <summary>Block to table.</summary>
    [Benchmark]
    public ResultBlock Decode() => ResultBlock.Decode(_block);
}
