namespace Orchestration.Learning.Intervals;

/// <summary>The expected size of a residual at a number: means in eight equal shares of the training rows, drawn towards the mean of all, linear between their centres.</summary>
internal sealed class ResidualScale
{
    private const int Shares = 8;

    /// <summary>Rows that the mean of all counts as in each share.</summary>
    private const double Prior = 20;

    private readonly double[] _centres;
    private readonly double[] _sizes;

    private ResidualScale(double[] centres, double[] sizes) => (_centres, _sizes) = (centres, sizes);

    public static ResidualScale Of(double[] numbers, double[] targets)
    {
        var order = Enumerable.Range(0, numbers.Length).ToArray();
        Array.Sort(order, (a, b) => numbers[a].CompareTo(numbers[b]) is var c && c != 0 ? c : a.CompareTo(b));
        var all = order.Sum(i => Math.Abs(targets[i] - numbers[i])) / order.Length;
        var (centres, sizes) = (new double[Shares], new double[Shares]);
        for (var s = 0; s < Shares; s++)
        {
            var (start, end) = ((int)((long)s * order.Length / Shares), (int)((s + 1L) * order.Length / Shares));
            var (sum, centre) = (Prior * all, 0.0);
            for (var i = start; i < end; i++)
            {
                sum += Math.Abs(targets[order[i]] - numbers[order[i]]);
                centre += numbers[order[i]] / (end - start);
            }

            centres[s] = end > start ? centre : s > 0 ? centres[s - 1] : numbers[order[0]];
            sizes[s] = Math.Max(sum / (Prior + end - start), 1e-12);
        }

        return new ResidualScale(centres, sizes);
    }

    public double At(double number)
    {
        if (!(number > _centres[0])) return _sizes[0];
        for (var s = 1; s < Shares; s++)
        {
            if (number > _centres[s]) continue;
            var width = _centres[s] - _centres[s - 1];
            return width > 0 ? _sizes[s - 1] + (_sizes[s] - _sizes[s - 1]) * ((number - _centres[s - 1]) / width) : _sizes[s];
        }

        return _sizes[Shares - 1];
    }
}
