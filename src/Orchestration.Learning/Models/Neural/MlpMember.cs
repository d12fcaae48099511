namespace Orchestration.Learning.Models.Neural;

/// <summary>One network of an ensemble, laid out as PyTorch lays out two linear layers.</summary>
/// <param name="HiddenWeight">Hidden × judges.</param>
/// <param name="HiddenBias">One a hidden unit.</param>
/// <param name="OutputWeight">One a hidden unit.</param>
/// <param name="OutputBias">One number.</param>
internal sealed record MlpMember(double[] HiddenWeight, double[] HiddenBias, double[] OutputWeight, double[] OutputBias)
{
    /// <summary>Hidden units.</summary>
    public int Hidden => HiddenBias.Length;

    /// <summary>Takes weights out of the layout in which they were trained.</summary>
    public static MlpMember Of(float[] weights, MlpShape shape)
    {
        var hidden = new double[shape.Hidden * shape.Judges];
        for (var unit = 0; unit < shape.Hidden; unit++)
        {
            for (var judge = 0; judge < shape.Judges; judge++) hidden[unit * shape.Judges + judge] = weights[shape.HiddenWeight(unit, judge)];
        }

        return new MlpMember(hidden, Widen(weights.AsSpan(shape.HiddenBias, shape.Hidden)), Widen(weights.AsSpan(shape.OutputWeight, shape.Hidden)), [weights[shape.OutputBias]]);
    }

    /// <summary>Reads a member back.</summary>
    public static MlpMember Read(ModelStateReader state, string name, int hidden, int judges)
    {
        var member = new MlpMember(
            state.Tensor($"{name}.hidden.weight", hidden, judges),
            state.Tensor($"{name}.hidden.bias", hidden),
            state.Tensor($"{name}.output.weight", 1, hidden),
            state.Tensor($"{name}.output.bias", 1));
        foreach (var values in new[] { member.HiddenWeight, member.HiddenBias, member.OutputWeight, member.OutputBias }) RowRules.Finite(values, name);
        return member;
    }

    /// <summary>Adds the member's tensors.</summary>
    public void Write(ModelStateWriter state, string name)
    {
        state.Tensor($"{name}.hidden.weight", [Hidden, HiddenWeight.Length / Hidden], HiddenWeight);
        state.Tensor($"{name}.hidden.bias", [Hidden], HiddenBias);
        state.Tensor($"{name}.output.weight", [1, Hidden], OutputWeight);
        state.Tensor($"{name}.output.bias", [1], OutputBias);
    }

    /// <summary>Puts the member's units into a wider network, from unit <paramref name="first"/> on.</summary>
    public void Pack(float[] weights, MlpShape shape, int first)
    {
        for (var unit = 0; unit < Hidden; unit++)
        {
            for (var judge = 0; judge < shape.Judges; judge++)
                weights[shape.HiddenWeight(first + unit, judge)] = (float)HiddenWeight[unit * shape.Judges + judge];
            weights[shape.HiddenBias + first + unit] = (float)HiddenBias[unit];
            weights[shape.OutputWeight + first + unit] = (float)OutputWeight[unit];
        }

        weights[shape.OutputBias] += (float)OutputBias[0];
    }

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (var i = 0; i < values.Length; i++) wide[i] = values[i];
        return wide;
    }
}
