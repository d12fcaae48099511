using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Trees;

/// <summary>A constant plus small trees. Missing judges are filled with what those present lead one to expect.</summary>
internal sealed class TreeModel : IScoreModel
{
    /// <summary>The kind in a state.</summary>
    public const string Kind = "trees";

    private const int Format = 1;
    private readonly JudgeNormal _normal;
    private readonly double[] _judge;
    private readonly double[] _cut;
    private readonly double[] _leaves;
    private readonly double _base;
    private readonly TreeKernel _kernel;

    private TreeModel(JudgeNormal normal, double[] judge, double[] cut, double[] leaves, double start)
    {
        RowRules.Finite(cut, nameof(cut));
        RowRules.Finite(leaves, nameof(leaves));
        RowRules.Finite([start], nameof(start));
        var asked = Array.ConvertAll(judge, j => j >= -1 && j < normal.Judges && j == Math.Floor(j) ? (int)j : throw new ArgumentException("A question names a judge.", nameof(judge)));
        (_normal, _judge, _cut, _leaves, _base) = (normal, judge, cut, leaves, start);
        _kernel = new TreeKernel(Judges, asked, cut, leaves);
    }

    /// <inheritdoc/>
    public int Judges => _normal.Judges;

    /// <summary>Number of trees.</summary>
    public int Trees => _leaves.Length / FittedTree.LeafCount;

    /// <inheritdoc/>
    public ModelState State
    {
        get
        {
            var state = new ModelStateWriter(Kind, Format)
                .Tensor("base", [1], [_base])
                .Tensor("tree.judge", [Trees, FittedTree.Questions], _judge)
                .Tensor("tree.cut", [Trees, FittedTree.Questions], _cut)
                .Tensor("tree.leaf", [Trees, FittedTree.LeafCount], _leaves);
            _normal.Write(state);
            return state.Done();
        }
    }

    /// <summary>A model of fitted trees.</summary>
    /// <param name="normal">Fills missing judges.</param>
    /// <param name="edges">Edges of the bins of each judge.</param>
    /// <param name="trees">In the order in which they are added.</param>
    /// <param name="start">The constant.</param>
    public static TreeModel Of(JudgeNormal normal, double[][] edges, IReadOnlyList<FittedTree> trees, double start)
    {
        var questions = trees.Count * FittedTree.Questions;
        var (judge, cut, leaves) = (new double[questions], new double[questions], new double[trees.Count * FittedTree.LeafCount]);
        for (var t = 0; t < trees.Count; t++)
        {
            for (var n = 0; n < FittedTree.Questions; n++)
            {
                var (place, asked) = (t * FittedTree.Questions + n, trees[t].Judges[n]);
                judge[place] = asked;
                if (asked >= 0) cut[place] = edges[asked][trees[t].Cuts[n]];
            }

            for (var n = 0; n < FittedTree.LeafCount; n++) leaves[t * FittedTree.LeafCount + n] = trees[t].Leaves[n];
        }

        return new TreeModel(normal, judge, cut, leaves, start);
    }

    /// <summary>Reads back what <see cref="State"/> holds.</summary>
    public static TreeModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, Format);
        var leaves = reader.Tensor("tree.leaf", -1, FittedTree.LeafCount);
        var trees = leaves.Length / FittedTree.LeafCount;
        var (judge, cut) = (reader.Tensor("tree.judge", trees, FittedTree.Questions), reader.Tensor("tree.cut", trees, FittedTree.Questions));
        return new TreeModel(JudgeNormal.Read(reader), judge, cut, leaves, reader.Tensor("base", 1)[0]);
    }

    /// <summary>The same trees from another constant.</summary>
    public TreeModel Shifted(double by) => new(_normal, _judge, _cut, _leaves, _base + by);

    /// <inheritdoc/>
    public double Predict(ReadOnlySpan<double> scores)
    {
        Span<double> filled = Judges <= RowByRow.OnStack ? stackalloc double[RowByRow.OnStack] : new double[Judges];
        Span<sbyte> codes = Judges <= RowByRow.OnStack ? stackalloc sbyte[RowByRow.OnStack] : new sbyte[Judges];
        _kernel.Encode(_normal.Fill(scores, filled), codes, 1);
        return _base + _kernel.Sum(codes);
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions)
    {
        if (scores.Length != (long)predictions.Length * Judges)
            throw new ArgumentException($"{scores.Length} scores for {predictions.Length} rows of {Judges} judges.", nameof(scores));
        var row = 0;
        if (TreeKernel.HasBlocks && predictions.Length >= TreeKernel.RowsAtOnce)
        {
            var (codes, filled) = (new sbyte[Judges * TreeKernel.RowsAtOnce], new double[Judges]);
            Span<float> sums = stackalloc float[TreeKernel.RowsAtOnce];
            for (; row <= predictions.Length - TreeKernel.RowsAtOnce; row += TreeKernel.RowsAtOnce)
            {
                for (var i = 0; i < TreeKernel.RowsAtOnce; i++)
                    _kernel.Encode(_normal.Fill(scores.Slice((row + i) * Judges, Judges), filled), codes.AsSpan(i), TreeKernel.RowsAtOnce);
                _kernel.SumBlock(codes, sums);
                for (var i = 0; i < TreeKernel.RowsAtOnce; i++) predictions[row + i] = _base + sums[i];
            }
        }

        for (; row < predictions.Length; row++) predictions[row] = Predict(scores.Slice(row * Judges, Judges));
    }
}
