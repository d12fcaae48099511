using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Neural;

/// <summary>
/// Networks with one hidden layer of rectified units, averaged: f(x) = m + s · mean over members of (v·max(0, W·z + b) + c), z = (x − mean)/deviation.
/// Missing judges are filled with what those present lead one to expect. All members together run as one wide network.
/// </summary>
internal sealed class MlpModel : IScoreModel
{
    /// <summary>The kind in a state.</summary>
    public const string Kind = "mlp";

    private const int Format = 1;
    private const int OnStack = 256;

    private readonly InputScale _inputs;
    private readonly JudgeNormal _normal;
    private readonly MlpMember[] _members;
    private readonly bool _monotone;
    private readonly double _outputMean;
    private readonly double _outputScale;
    private readonly MlpShape _shape;
    private readonly float[] _weights;
    private readonly double _perMember;

    /// <summary>Takes everything over and checks that it belongs together.</summary>
    public MlpModel(InputScale inputs, JudgeNormal normal, MlpMember[] members, double outputMean, double outputScale, bool monotone)
    {
        if (members.Length == 0) throw new ArgumentException("A network has at least one member.", nameof(members));
        if (normal.Judges != inputs.Means.Length) throw new ArgumentException($"{normal.Judges} judges to fill for {inputs.Means.Length} inputs.", nameof(normal));
        if (!double.IsFinite(outputMean) || !double.IsFinite(outputScale)) throw new ArgumentException("The output's mean and scale are finite.", nameof(outputMean));
        (_inputs, _normal, _members, _outputMean, _outputScale, _monotone) = (inputs, normal, members, outputMean, outputScale, monotone);
        _shape = new MlpShape(normal.Judges, members.Sum(m => m.Hidden));
        _weights = new float[_shape.Length];
        var first = 0;
        foreach (var member in members)
        {
            member.Pack(_weights, _shape, first);
            first += member.Hidden;
        }

        _perMember = outputScale / members.Length;
    }

    /// <inheritdoc/>
    public int Judges => _normal.Judges;

    /// <inheritdoc/>
    public ModelState State
    {
        get
        {
            var state = new ModelStateWriter(Kind, Format).Setting("members", _members.Length).Setting("hidden", _members[0].Hidden).Setting("monotone", _monotone);
            state.Tensor("input.mean", [Judges], _inputs.Means).Tensor("input.scale", [Judges], _inputs.Deviations);
            state.Tensor("output.mean", [1], [_outputMean]).Tensor("output.scale", [1], [_outputScale]);
            for (var k = 0; k < _members.Length; k++) _members[k].Write(state, string.Create(CultureInfo.InvariantCulture, $"member{k}"));
            _normal.Write(state);
            return state.Done();
        }
    }

    /// <summary>Reads back what <see cref="State"/> holds.</summary>
    public static MlpModel Restore(ModelState state)
    {
        var reader = new ModelStateReader(state, Format);
        var (count, hidden) = (reader.Whole("members"), reader.Whole("hidden"));
        if (count < 1 || hidden < 1) throw reader.Bad("members and hidden are at least 1");
        var normal = JudgeNormal.Read(reader);
        var inputs = new InputScale(reader.Tensor("input.mean", normal.Judges), reader.Tensor("input.scale", normal.Judges));
        var members = new MlpMember[count];
        for (var k = 0; k < count; k++) members[k] = MlpMember.Read(reader, string.Create(CultureInfo.InvariantCulture, $"member{k}"), hidden, normal.Judges);
        return new MlpModel(inputs, normal, members, reader.Tensor("output.mean", 1)[0], reader.Tensor("output.scale", 1)[0], reader.Flag("monotone"));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Predict(ReadOnlySpan<double> scores)
    {
        if (scores.Length != Judges) throw new ArgumentException($"{scores.Length} scores for {Judges} judges.", nameof(scores));
        if (Judges > OnStack) return Wide(scores);
        Span<float> scaled = stackalloc float[OnStack];
        Scale(scores, ref MemoryMarshal.GetReference(scaled));
        ref var weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        return Finish(MlpKernel.One(ref weights, _shape, ref MemoryMarshal.GetReference(scaled), keep: false, ref weights));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Predict(ReadOnlySpan<double> scores, Span<double> predictions)
    {
        if (scores.Length != (long)predictions.Length * Judges)
            throw new ArgumentException($"{scores.Length} scores for {predictions.Length} rows of {Judges} judges.", nameof(scores));
        var row = 0;
        if (Judges <= OnStack)
        {
            Span<float> scaled = stackalloc float[MlpKernel.RowsAtOnce * OnStack];
            ref var first = ref MemoryMarshal.GetReference(scaled);
            ref var weights = ref MemoryMarshal.GetArrayDataReference(_weights);
            for (; row <= predictions.Length - MlpKernel.RowsAtOnce; row += MlpKernel.RowsAtOnce)
            {
                for (var i = 0; i < MlpKernel.RowsAtOnce; i++) Scale(scores.Slice((row + i) * Judges, Judges), ref Unsafe.Add(ref first, i * OnStack));
                var four = MlpKernel.Four(ref weights, _shape, ref first, OnStack, keep: false, ref weights);
                for (var i = 0; i < MlpKernel.RowsAtOnce; i++) predictions[row + i] = Finish(four[i]);
            }
        }

        for (; row < predictions.Length; row++) predictions[row] = Predict(scores.Slice(row * Judges, Judges));
    }

    private double Finish(float sum) => _outputMean + _perMember * (sum + _weights[_shape.OutputBias]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Scale(ReadOnlySpan<double> scores, ref float scaled)
    {
        if (!_inputs.TryApply(ref MemoryMarshal.GetReference(scores), ref scaled)) Fill(scores, ref scaled);
    }

    private void Fill(ReadOnlySpan<double> scores, ref float scaled)
    {
        Span<double> buffer = Judges <= OnStack ? stackalloc double[OnStack] : new double[Judges];
        _inputs.TryApply(ref MemoryMarshal.GetReference(_normal.Fill(scores, buffer)), ref scaled);
    }

    /// <summary>More judges than the stack has room for: the row is put on the heap.</summary>
    private double Wide(ReadOnlySpan<double> scores)
    {
        var scaled = new float[Judges];
        Scale(scores, ref scaled[0]);
        ref var weights = ref MemoryMarshal.GetArrayDataReference(_weights);
        return Finish(MlpKernel.One(ref weights, _shape, ref scaled[0], keep: false, ref weights));
    }
}
