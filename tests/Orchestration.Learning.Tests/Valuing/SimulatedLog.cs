using Orchestration.Learning.Valuing;

namespace Orchestration.Learning.Tests.Valuing;

/// <summary>Three arms, three features in [−1, 1], chances of the log and of the target that lean different ways with the features, rewards of 0 and 1.</summary>
internal sealed record SimulatedLog(LoggedDecisions Decisions, double[] Target)
{
    private const int Arms = 3;
    private static readonly Lazy<double> Linear = new(() => Truth(curved: false)), Curved = new(() => Truth(curved: true));

    public static double TrueValue(bool curved) => curved ? Curved.Value : Linear.Value;

    public static SimulatedLog Draw(int rows, Random random, bool curved)
    {
        var (armOf, chances, rewards, features, all, target) = (new int[rows], new double[rows], new double[rows], new float[rows * 3], new double[rows * Arms], new double[rows * Arms]);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < 3; j++) features[i * 3 + j] = (float)(2 * random.NextDouble() - 1);
            var x = features.AsSpan(i * 3, 3);
            Chances(x, 1, all.AsSpan(i * Arms, Arms));
            Chances(x, -1, target.AsSpan(i * Arms, Arms));
            var draw = random.NextDouble();
            armOf[i] = draw < all[i * Arms] ? 0 : draw < all[i * Arms] + all[i * Arms + 1] ? 1 : 2;
            chances[i] = all[i * Arms + armOf[i]];
            rewards[i] = random.NextDouble() < Quality(x, armOf[i], curved) ? 1 : 0;
        }

        return new SimulatedLog(new LoggedDecisions(Arms, armOf, chances, rewards, 3, features, null, all), target);
    }

    private static double Truth(bool curved)
    {
        var random = new Random(12345);
        var (sum, chances) = (0.0, new double[Arms]);
        const int Draws = 2_000_000;
        Span<float> x = stackalloc float[3];
        for (var i = 0; i < Draws; i++)
        {
            foreach (ref var feature in x) feature = (float)(2 * random.NextDouble() - 1);
            Chances(x, -1, chances);
            for (var k = 0; k < Arms; k++) sum += chances[k] * Quality(x, k, curved) / Draws;
        }

        return sum;
    }

    private static void Chances(ReadOnlySpan<float> x, double lean, Span<double> chances)
    {
        var sum = 0.0;
        for (var k = 0; k < Arms; k++) sum += chances[k] = Math.Exp(lean * 0.8 * x[k]);
        foreach (ref var chance in chances) chance /= sum;
    }

    private static double Quality(ReadOnlySpan<float> x, int arm, bool curved) => curved
        ? 0.15 + 0.7 * (x[arm] < -0.3 ? 1 : x[arm] < 0.4 ? 0 : 0.4)
        : 0.5 + 0.1 * (arm - 1) + 0.2 * x[arm] - 0.1 * x[(arm + 1) % 3];
}
