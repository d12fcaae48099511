using Orchestration.Learning.Models;

namespace Orchestration.Learning.Tests.Models;

/// <summary>Sixty rows of three judges from a congruential generator, so that another program can make the same ones.</summary>
internal static class ReferenceRows
{
    public static ScoreData Data { get; } = Make();

    private static ScoreData Make()
    {
        var (scores, targets) = (new double[180], new double[60]);
        long state = 12345;
        for (var row = 0; row < 60; row++)
        {
            for (var j = 0; j < 3; j++) scores[row * 3 + j] = Math.Round(Next() * 20) / 20;
            targets[row] = Math.Sin(3 * scores[row * 3]) + 0.5 * scores[row * 3 + 1] + 0.3 * (Next() - 0.5);
        }

        return new ScoreData(3, scores, targets, [.. Enumerable.Range(0, 60)]);

        double Next()
        {
            state = (1103515245 * state + 12345) % (1L << 31);
            return state / (double)(1L << 31);
        }
    }
}
