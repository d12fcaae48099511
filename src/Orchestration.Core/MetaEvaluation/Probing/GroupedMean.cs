using Orchestration.Learning.Intervals;
using Orchestration.Learning.Statistics;

namespace Orchestration.Core.MetaEvaluation.Probing;

/// <summary>Values of rows that belong to prompts, and their means with bounds by a bootstrap over prompts.</summary>
internal sealed class GroupedMean
{
    private readonly Names _groups = new();
    private readonly List<double> _values = [];
    private readonly List<int> _groupOf = [];

    /// <summary>Rows.</summary>
    public int Count => _values.Count;

    /// <summary>Prompts.</summary>
    public int Groups => _groups.All.Count;

    public void Add(double value, string group)
    {
        _values.Add(value);
        _groupOf.Add(_groups.Of(group));
    }

    /// <summary>The mean with its bounds; NaN without rows. With one prompt there are no bounds.</summary>
    public Estimate Of(BootstrapOptions options)
    {
        if (Count == 0) return new Estimate(double.NaN, double.NaN, double.NaN, double.NaN, 0);
        var (sums, counts) = Sums();
        var estimate = GroupBootstrap.Of(Groups, 1, (drawn, into) =>
        {
            var (sum, count) = (0.0, 0.0);
            for (var g = 0; g < drawn.Length; g++) (sum, count) = (sum + drawn[g] * sums[g], count + drawn[g] * counts[g]);
            into[0] = sum / count;
        }, options)[0];
        return Groups == 1 ? new Estimate(estimate.Value, double.NaN, double.NaN, double.NaN, 0) : estimate;
    }

    /// <summary>
    /// The mean of values from 0 to 1 that count something, such as how often a verdict stays the same. Where all of them are 0, or all 1, every resample is as the data are, and the bootstrap's bounds
    /// would be that number twice however few prompts there were: there, and there alone, the bounds are Wilson's, each prompt counting once.
    /// </summary>
    public Estimate ShareOf(BootstrapOptions options)
    {
        var estimate = Of(options);
        if (Groups < 2 || options.Level is not 0.95 || !(_values.TrueForAll(static v => v == 0) || _values.TrueForAll(static v => v == 1))) return estimate;
        var wilson = WilsonInterval.Of(estimate.Value == 0 ? 0 : Groups, Groups);
        return estimate with { Lower = wilson.Lower, Upper = wilson.Upper };
    }

    /// <summary>Whether the mean is other than 0, two-sided, by turning the signs of prompts.</summary>
    public double PValue(ulong seed) => Count == 0 ? double.NaN : SignFlipTest.TwoSided(Sums().Sums, seed: seed);

    private (double[] Sums, double[] Counts) Sums()
    {
        var (sums, counts) = (new double[Groups], new double[Groups]);
        for (var i = 0; i < Count; i++)
        {
            sums[_groupOf[i]] += _values[i];
            counts[_groupOf[i]]++;
        }

        return (sums, counts);
    }
}
