namespace Orchestration.Learning.Drift;

/// <summary>
/// One side of a shift: bets against "the mean of numbers on [0, 1] is at most <c>bound</c>". Each of a few stakes λ multiplies its capital by 1 + λ(x − bound), which by that claim
/// does not grow on average (Waudby-Smith and Ramdas 2024), begins again with 1 whenever it has less (e-CUSUM), and the mean of the capitals is an
/// e-detector: on average, at least c observations pass before it first reaches c, however they depend on one another (Shin, Ramdas and Rinaldo 2023, theorem 2.4).
/// </summary>
internal sealed class BettingSide
{
    private const double Largest = 1e100;
    private static readonly double[] Shares = [0.9, 0.45, 0.2, 0.1, 0.05];
    private readonly double[] _capitals = new double[Shares.Length];
    private readonly long[] _since = new long[Shares.Length];
    private readonly double[] _sums = new double[Shares.Length];
    private readonly long[] _counts = new long[Shares.Length];
    private readonly double _bound;

    /// <param name="bound">What the mean is claimed not to exceed; at least 1 is never doubted.</param>
    public BettingSide(double bound) => _bound = Math.Max(bound, 1e-6);

    /// <summary>Mean capital.</summary>
    public double Evidence
    {
        get
        {
            var sum = 0.0;
            foreach (var capital in _capitals) sum += capital / _capitals.Length;
            return sum;
        }
    }

    /// <summary>Where the stake that won most began to, and the mean since.</summary>
    public (long Since, double Mean) Strongest
    {
        get
        {
            var best = 0;
            for (var k = 1; k < _capitals.Length; k++)
            {
                if (_capitals[k] > _capitals[best]) best = k;
            }

            return (_since[best], _counts[best] == 0 ? double.NaN : _sums[best] / _counts[best]);
        }
    }

    public void Add(double value, long number)
    {
        if (_bound >= 1) return;
        for (var k = 0; k < _capitals.Length; k++)
        {
            if (_capitals[k] <= 1) (_capitals[k], _since[k], _sums[k], _counts[k]) = (1, number, 0, 0);
            _capitals[k] = Math.Min(_capitals[k] * (1 + Shares[k] / _bound * (value - _bound)), Largest);
            _sums[k] += value;
            _counts[k]++;
        }
    }
}
