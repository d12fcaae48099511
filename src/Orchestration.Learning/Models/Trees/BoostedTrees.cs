namespace Orchestration.Learning.Models.Trees;

/// <summary>
/// Trees added one by one to some of the examples, each on a random part of them and of the judges (Friedman 2002), with the loss of the others
/// watched on the way.
/// </summary>
internal sealed class BoostedTrees
{
    private readonly TreeOptions _options;
    private readonly TreeRows _rows;
    private readonly TreeGrower _grower;
    private readonly int[] _training;
    private readonly int[] _heldOut;
    private readonly double[] _numbers;
    private readonly double[] _slopes;
    private readonly int[] _judges;
    private readonly int[] _seen;
    private readonly int[] _examples;
    private SeedStream _random;

    /// <summary>Starts at the training examples' mean score, or at 0 for comparisons.</summary>
    public BoostedTrees(TreeOptions options, TreeRows rows, int[] training, int[] heldOut, bool monotone, SeedStream random)
    {
        (_options, _rows, _training, _heldOut, _random) = (options, rows, training, heldOut, random);
        _grower = new TreeGrower(options, rows, monotone);
        _numbers = new double[rows.Examples * rows.Each];
        _slopes = new double[2 * _numbers.Length];
        _judges = [.. Enumerable.Range(0, rows.Judges)];
        _examples = (int[])training.Clone();
        _seen = new int[Math.Max(1, (int)Math.Round(options.RowShare * training.Length)) * rows.Each];
        if (rows.Each == 2) return;
        var (sum, total) = (0.0, 0.0);
        foreach (var example in training)
        {
            sum += rows.Weights[example] * rows.Targets[example];
            total += rows.Weights[example];
        }

        Base = sum / total;
        Array.Fill(_numbers, Base);
    }

    /// <summary>The number before the first tree.</summary>
    public double Base { get; }

    /// <summary>The trees so far.</summary>
    public List<FittedTree> Trees { get; } = [];

    /// <summary>Adds a tree.</summary>
    public void Step()
    {
        foreach (var example in _training) Slope(example);
        var sample = _examples.Length;
        if (_options.RowShare < 1)
        {
            _random.Shuffle(_examples);
            sample = _seen.Length / _rows.Each;
        }

        for (var i = 0; i < sample; i++)
        {
            for (var part = 0; part < _rows.Each; part++) _seen[i * _rows.Each + part] = _examples[i] * _rows.Each + part;
        }

        _random.Shuffle(_judges);
        var asked = _judges.AsSpan(0, Math.Max(1, (int)Math.Round(_options.JudgeShare * _judges.Length)));
        asked.Sort();
        var tree = _grower.Grow(_seen, asked, _slopes);
        Trees.Add(tree);
        foreach (var example in _training) Add(tree, example);
        foreach (var example in _heldOut) Add(tree, example);
    }

    /// <summary>Summed loss of the held-out examples: squared error, or −log of the probability given to the label.</summary>
    public double HeldOutLoss()
    {
        var sum = 0.0;
        foreach (var example in _heldOut)
        {
            var (weight, target) = (_rows.Weights[example], _rows.Targets[example]);
            if (_rows.Each == 2)
            {
                var odds = _numbers[2 * example] - _numbers[2 * example + 1];
                sum += weight * (Math.Max(odds, 0) - odds * target + Math.Log(1 + Math.Exp(-Math.Abs(odds))));
            }
            else
            {
                sum += weight * (_numbers[example] - target) * (_numbers[example] - target);
            }
        }

        return sum;
    }

    private void Slope(int example)
    {
        var (weight, target) = (_rows.Weights[example], _rows.Targets[example]);
        if (_rows.Each == 1)
        {
            (_slopes[2 * example], _slopes[2 * example + 1]) = (weight * (_numbers[example] - target), weight);
            return;
        }

        var chance = 1 / (1 + Math.Exp(_numbers[2 * example + 1] - _numbers[2 * example]));
        var slope = weight * (chance - target);
        var curvature = weight * Math.Max(chance * (1 - chance), 1e-6);
        (_slopes[4 * example], _slopes[4 * example + 1]) = (slope, curvature);
        (_slopes[4 * example + 2], _slopes[4 * example + 3]) = (-slope, curvature);
    }

    private void Add(FittedTree tree, int example)
    {
        for (var row = example * _rows.Each; row < (example + 1) * _rows.Each; row++) _numbers[row] += tree.Leaf(_rows.Row(row));
    }
}
