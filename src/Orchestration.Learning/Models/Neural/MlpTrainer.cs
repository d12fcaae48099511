using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Orchestration.Learning.Models.Neural;

/// <summary>
/// Trains one network: shuffled batches, AdamW, and the weights of the pass whose loss on the held-out examples was the least. A copy of those
/// weights is made when they are met and is what comes back. Monotone: every hidden unit has a sign, its weights from the judges and
/// its output weight keep to it and are set to zero where a step would cross; half of the units bend upwards and half downwards, so that
/// any monotone shape can be approached (with weights of one sign alone a network of rectified units could only be convex). Projecting each weight
/// is the exact projection for AdamW's diagonal scaling, and a judge can end with no say at all.
/// </summary>
internal sealed class MlpTrainer
{
    private readonly MlpOptions _options;
    private readonly MlpRows _rows;
    private readonly MlpShape _shape;
    private readonly MlpGradient _gradient;
    private readonly AdamW _steps;
    private readonly float[] _weights;
    private readonly bool _monotone;
    private SeedStream _random;

    public MlpTrainer(MlpOptions options, MlpRows rows, bool monotone, SeedStream random)
    {
        (_options, _rows, _monotone, _random) = (options, rows, monotone, random);
        _shape = new MlpShape(rows.Judges, options.Hidden);
        _gradient = new MlpGradient(_shape, options.Batch * rows.Each);
        _steps = new AdamW(_shape.Length, options.LearningRate, options.WeightDecay);
        _weights = new float[_shape.Length];
        Start();
        Project();
    }

    /// <summary>Where the weights lie.</summary>
    public MlpShape Shape => _shape;

    /// <summary>Mean loss of the held-out examples under the weights that came back; NaN where nothing was held out.</summary>
    public double HeldOutLoss { get; private set; } = double.NaN;

    /// <summary>Trains and returns the weights.</summary>
    /// <param name="training">Examples to learn from; put into another order.</param>
    /// <param name="heldOut">Examples that decide when to stop; empty to train every pass.</param>
    /// <param name="cancellation">Gives up between passes.</param>
    public float[] Train(int[] training, ReadOnlySpan<int> heldOut, CancellationToken cancellation)
    {
        if (heldOut.IsEmpty)
        {
            for (var epoch = 0; epoch < _options.Epochs; epoch++) Pass(training, cancellation);
            return _weights;
        }

        var best = (float[])_weights.Clone();
        HeldOutLoss = double.PositiveInfinity;
        for (var (epoch, waited) = (0, 0); epoch < _options.Epochs && waited < _options.Patience; epoch++, waited++)
        {
            Pass(training, cancellation);
            var loss = Loss(_weights, heldOut);
            if (!(loss < HeldOutLoss)) continue;
            HeldOutLoss = loss;
            _weights.CopyTo(best, 0);
            waited = -1;
        }

        return best;
    }

    /// <summary>Weighted mean loss of examples: squared error, or −log of the probability given to the label.</summary>
    public double Loss(float[] weights, ReadOnlySpan<int> examples)
    {
        var (sum, total) = (0.0, 0.0);
        for (var start = 0; start < examples.Length; start += _options.Batch)
        {
            var batch = examples.Slice(start, Math.Min(_options.Batch, examples.Length - start));
            Forward(weights, batch);
            for (var i = 0; i < batch.Length; i++)
            {
                double weight = _rows.Weights[batch[i]], target = _rows.Targets[batch[i]];
                total += weight;
                if (_rows.Compared)
                {
                    var odds = (double)_gradient.Outputs[2 * i] - _gradient.Outputs[2 * i + 1];
                    sum += weight * (Math.Max(odds, 0) - odds * target + Math.Log(1 + Math.Exp(-Math.Abs(odds))));
                }
                else
                {
                    sum += weight * (_gradient.Outputs[i] - target) * (_gradient.Outputs[i] - target);
                }
            }
        }

        return sum / total;
    }

    /// <summary>Uniform in ±1/√fan-in for weights and biases, as PyTorch's linear layers start; nothing from a judge that never varies.</summary>
    private void Start()
    {
        var bound = 1 / Math.Sqrt(_shape.Judges);
        for (var unit = 0; unit < _shape.Hidden; unit++)
        {
            for (var judge = 0; judge < _shape.Judges; judge++)
            {
                var weight = Uniform(bound);
                if (_rows.Varies[judge]) _weights[_shape.HiddenWeight(unit, judge)] = _monotone ? Math.Abs(weight) * Sign(unit) : weight;
            }

            _weights[_shape.HiddenBias + unit] = Uniform(bound);
        }

        bound = 1 / Math.Sqrt(_shape.Hidden);
        for (var unit = 0; unit < _shape.Hidden; unit++)
        {
            var weight = Uniform(bound);
            _weights[_shape.OutputWeight + unit] = _monotone ? Math.Abs(weight) * Sign(unit) : weight;
        }

        _weights[_shape.OutputBias] = _rows.Compared ? 0 : Uniform(bound);
    }

    private float Uniform(double bound) => (float)((2 * _random.NextDouble() - 1) * bound);

    private static int Sign(int unit) => unit % 2 == 0 ? 1 : -1;

    private void Pass(int[] training, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _random.Shuffle(training);
        for (var start = 0; start < training.Length; start += _options.Batch)
        {
            var batch = training.AsSpan(start, Math.Min(_options.Batch, training.Length - start));
            Forward(_weights, batch);
            Slopes(batch);
            _gradient.Backward(_weights, batch.Length * _rows.Each);
            _steps.Step(_weights, _gradient.Values);
            Project();
        }
    }

    private void Forward(float[] weights, ReadOnlySpan<int> batch)
    {
        var width = _rows.Judges * _rows.Each;
        for (var i = 0; i < batch.Length; i++)
        {
            var inputs = _rows.Inputs.AsSpan(batch[i] * width, width);
            for (var part = 0; part < _rows.Each; part++)
                inputs.Slice(part * _rows.Judges, _rows.Judges).CopyTo(_gradient.Input(i * _rows.Each + part));
        }

        _gradient.Forward(weights, batch.Length * _rows.Each);
    }

    private void Slopes(ReadOnlySpan<int> batch)
    {
        var (outputs, slopes) = (_gradient.Outputs, _gradient.Slopes);
        for (var i = 0; i < batch.Length; i++)
        {
            var weight = _rows.Weights[batch[i]] / batch.Length;
            if (_rows.Compared)
            {
                var chance = 1 / (1 + MathF.Exp(outputs[2 * i + 1] - outputs[2 * i]));
                slopes[2 * i] = weight * (chance - _rows.Targets[batch[i]]);
                slopes[2 * i + 1] = -slopes[2 * i];
            }
            else
            {
                slopes[i] = 2 * weight * (outputs[i] - _rows.Targets[batch[i]]);
            }
        }
    }

    private void Project()
    {
        if (!_monotone) return;
        Keep(_weights.AsSpan(0, _shape.HiddenBias));
        Keep(_weights.AsSpan(_shape.OutputWeight, _shape.Padded));
    }

    /// <summary>Zero where a weight has not its unit's sign; units lie side by side, so signs alternate from lane to lane.</summary>
    private static void Keep(Span<float> weights)
    {
        var signs = Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1);
        ref var first = ref MemoryMarshal.GetReference(weights);
        for (nuint at = 0; at < (nuint)weights.Length; at += 8)
        {
            var weight = Vector256.LoadUnsafe(ref first, at);
            Vector256.ConditionalSelect(Vector256.GreaterThan(weight * signs, Vector256<float>.Zero), weight, Vector256<float>.Zero).StoreUnsafe(ref first, at);
        }
    }
}
