namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// The joint part of two judges: Σ w_ab φ_a(x) φ_b(z) − constant over the straight lines φ₀ and first bends φ₁ of both, each centred at its mean over
/// the training rows: a tensor product of rank two at most.
/// </summary>
internal sealed class Interaction
{
    private readonly double[] _weights;
    private readonly double[] _centres;
    private readonly SplineBasis[] _bases;
    private readonly double[][] _bends;
    private readonly CurveSet _curves;
    private readonly double _constant;

    /// <summary>Takes it over.</summary>
    /// <param name="first">One judge.</param>
    /// <param name="second">The other.</param>
    /// <param name="bases">Their splines.</param>
    /// <param name="bends">Their first bends' coefficients, centred.</param>
    /// <param name="centres">The means of their scores.</param>
    /// <param name="weights">w₀₀, w₀₁, w₁₀, w₁₁, the first index that of the first judge.</param>
    /// <param name="constant">What is taken off so that the part's mean over the training rows is zero.</param>
    /// <param name="freedom">Effective degrees of freedom.</param>
    public Interaction(int first, int second, SplineBasis[] bases, double[][] bends, double[] centres, double[] weights, double constant, double freedom)
    {
        if (weights.Length != 4 || centres.Length != 2) throw new ArgumentException("Two judges have four products.", nameof(weights));
        RowRules.Finite([constant, freedom, .. weights, .. centres], nameof(weights));
        (First, Second, _bases, _bends, _centres, _weights, _constant, Freedom) = (first, second, bases, bends, centres, weights, constant, freedom);
        var pieces = bases.Zip(bends, (basis, bend) => basis.Pieces(bend)).ToArray();
        _curves = new CurveSet([.. pieces.Select(p => p.Breaks)], [.. bases.Select(b => b.High)], [.. pieces.Select(p => p.Cubics)]);
    }

    public int First { get; }

    public int Second { get; }

    public double Freedom { get; }

    /// <summary>The part of a row without gaps.</summary>
    public double At(ReadOnlySpan<double> scores)
    {
        var (x, z) = (scores[First], scores[Second]);
        var (lineX, lineZ) = (Line(0, x), Line(1, z));
        var (bendX, bendZ) = (_curves.Part(0, x), _curves.Part(1, z));
        return lineX * (_weights[0] * lineZ + _weights[1] * bendZ) + bendX * (_weights[2] * lineZ + _weights[3] * bendZ) - _constant;
    }

    /// <summary>The four products of a row.</summary>
    public void Products(ReadOnlySpan<double> scores, Span<double> products)
    {
        Span<double> shapes = stackalloc double[4];
        Shapes(scores, shapes);
        (products[0], products[1], products[2], products[3]) = (shapes[0] * shapes[2], shapes[0] * shapes[3], shapes[1] * shapes[2], shapes[1] * shapes[3]);
    }

    /// <summary>Line and bend of the first judge, then of the second.</summary>
    public void Shapes(ReadOnlySpan<double> scores, Span<double> shapes)
    {
        var (x, z) = (scores[First], scores[Second]);
        (shapes[0], shapes[1], shapes[2], shapes[3]) = (Line(0, x), _curves.Part(0, x), Line(1, z), _curves.Part(1, z));
    }

    /// <summary>The same products with other weights.</summary>
    public Interaction With(double[] weights, double constant, double freedom) => new(First, Second, _bases, _bends, _centres, weights, constant, freedom);

    public void Write(ModelStateWriter writer, string name)
    {
        writer.Setting($"{name}.first", First).Setting($"{name}.second", Second).Setting($"{name}.constant", _constant).Setting($"{name}.freedom", Freedom)
            .Tensor($"{name}.weights", [2, 2], _weights).Tensor($"{name}.centres", [2], _centres);
        for (var side = 0; side < 2; side++)
        {
            writer.Setting($"{name}.degree{side}", _bases[side].Degree)
                .Tensor($"{name}.knots{side}", [_bases[side].Knots.Length], _bases[side].Knots)
                .Tensor($"{name}.bend{side}", [_bends[side].Length], _bends[side]);
        }
    }

    public static Interaction Read(ModelStateReader reader, string name, int judges)
    {
        var (first, second) = (reader.Whole($"{name}.first"), reader.Whole($"{name}.second"));
        if (first < 0 || second < 0 || first >= judges || second >= judges) throw reader.Bad($"{name} names a judge that is not there");
        var (bases, bends) = (new SplineBasis[2], new double[2][]);
        for (var side = 0; side < 2; side++)
        {
            bases[side] = SplineBasis.Of(reader.Tensor($"{name}.knots{side}", -1), reader.Whole($"{name}.degree{side}"));
            bends[side] = reader.Tensor($"{name}.bend{side}", bases[side].Count);
        }

        return new Interaction(
            first, second, bases, bends, reader.Tensor($"{name}.centres", 2), reader.Tensor($"{name}.weights", 2, 2), reader.Number($"{name}.constant"), reader.Number($"{name}.freedom"));
    }

    private double Line(int side, double score) => Math.Min(Math.Max(score, _bases[side].Low), _bases[side].High) - _centres[side];
}
