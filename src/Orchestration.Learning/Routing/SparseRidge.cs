namespace Orchestration.Learning.Routing;

/// <summary>
/// Ridge regression of many targets on sparse rows, for several penalties at once: W = Aᵀ(AAᵀ + λI)⁻¹Y by conjugate gradients over the rows, where all penalties share one
/// Krylov space and so cost one solution (shifted systems: Jegerlehner 1996, hep-lat/9612014, section 2). No intercept: centre the targets.
/// </summary>
public static class SparseRidge
{
    /// <summary>Steps at most, unless told otherwise.</summary>
    public const int DefaultSteps = 40;

    /// <summary>Residual, relative to the target's length, at which a target is done, unless told otherwise.</summary>
    public const double DefaultTolerance = 1e-2;

    /// <summary>Fits.</summary>
    /// <param name="rows">The rows A.</param>
    /// <param name="targets">Y: rows × width, row after row; finite.</param>
    /// <param name="width">Number of targets, at least 1.</param>
    /// <param name="penalties">λ, ascending, each above 0.</param>
    /// <param name="steps">Steps at most.</param>
    /// <param name="tolerance">Residual of the smallest penalty, relative to the target's length, at which it is done; the larger penalties are nearer then.</param>
    /// <returns>One matrix a penalty: columns × width.</returns>
    /// <exception cref="ArgumentException">Sizes that do not fit, no penalty, or penalties that do not rise.</exception>
    public static double[][] Fit(SparseRows rows, ReadOnlySpan<double> targets, int width, IReadOnlyList<double> penalties, int steps = DefaultSteps, double tolerance = DefaultTolerance)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(penalties);
        if (targets.Length != (long)rows.Rows * width) throw new ArgumentException($"There should be {rows.Rows} × {width} targets.", nameof(targets));
        if (penalties.Count == 0 || !(penalties[0] > 0)) throw new ArgumentException("Penalties are above 0.", nameof(penalties));
        for (var s = 1; s < penalties.Count; s++)
        {
            if (!(penalties[s] > penalties[s - 1])) throw new ArgumentException("Penalties rise.", nameof(penalties));
        }

        var solver = new Solver(rows, targets, width, penalties);
        for (var step = 0; step < steps && solver.Step(tolerance); step++)
        {
        }

        return solver.Weights();
    }

    private sealed class Solver
    {
        private readonly SparseRows _rows;
        private readonly int _width;
        private readonly double _least;
        private readonly double[] _shifts;
        private readonly double[] _residual;
        private readonly double[] _direction;
        private readonly double[] _image;
        private readonly double[] _inner;
        private readonly double[] _square;
        private readonly double[] _start;
        private readonly double[] _beta;
        private readonly double[] _alpha;
        private readonly double[][] _solutions;
        private readonly double[][] _directions;
        private readonly double[][] _zeta;
        private readonly double[][] _zetaBefore;
        private readonly bool[] _done;

        public Solver(SparseRows rows, ReadOnlySpan<double> targets, int width, IReadOnlyList<double> penalties)
        {
            (_rows, _width, _least) = (rows, width, penalties[0]);
            _shifts = [.. penalties.Select(p => p - _least)];
            _residual = targets.ToArray();
            _direction = targets.ToArray();
            _image = new double[targets.Length];
            _inner = new double[rows.Columns * width];
            _square = new double[width];
            _beta = new double[width];
            _alpha = new double[width];
            _done = new bool[width];
            Array.Fill(_beta, 1);
            Squares(_residual, _residual, _square);
            _start = [.. _square];
            for (var k = 0; k < width; k++) _done[k] = _start[k] <= 0;
            _solutions = [.. _shifts.Select(_ => new double[_image.Length])];
            _directions = new double[_shifts.Length][];
            for (var s = 0; s < _shifts.Length; s++) _directions[s] = s == 0 ? _direction : targets.ToArray();
            _zeta = [.. _shifts.Select(_ => Ones(width))];
            _zetaBefore = [.. _shifts.Select(_ => Ones(width))];
        }

        /// <summary>One step of all targets; false where all were done before it.</summary>
        public bool Step(double tolerance)
        {
            if (Array.TrueForAll(_done, static d => d)) return false;
            Array.Clear(_inner);
            _rows.MultiplyTransposed(_direction, _width, _inner);
            for (var i = 0; i < _image.Length; i++) _image[i] = _least * _direction[i];
            _rows.Multiply(_inner, _width, _image);
            var (curvature, before, next) = (new double[_width], (double[])_beta.Clone(), new double[_width]);
            Squares(_direction, _image, curvature);
            for (var k = 0; k < _width; k++) _beta[k] = _done[k] ? 0 : -_square[k] / curvature[k];

            // The solutions of all penalties move along their own directions; residuals differ by the factor ζ alone.
            var zetaNext = new double[_shifts.Length][];
            for (var s = 0; s < _shifts.Length; s++)
            {
                zetaNext[s] = new double[_width];
                var move = new double[_width];
                for (var k = 0; k < _width; k++)
                {
                    if (_done[k]) continue;
                    var (zeta, last) = (_zeta[s][k], _zetaBefore[s][k]);
                    zetaNext[s][k] = zeta * last * before[k] / (_beta[k] * _alpha[k] * (last - zeta) + last * before[k] * (1 - _shifts[s] * _beta[k]));
                    move[k] = _beta[k] * zetaNext[s][k] / zeta;
                }

                AddScaled(_solutions[s], _directions[s], move, -1);
            }

            AddScaled(_residual, _image, _beta, 1);
            Squares(_residual, _residual, next);
            for (var k = 0; k < _width; k++) _alpha[k] = _done[k] ? 0 : next[k] / _square[k];
            for (var s = _shifts.Length - 1; s >= 0; s--)
            {
                var (keep, add) = (new double[_width], new double[_width]);
                for (var k = 0; k < _width; k++)
                {
                    if (_done[k]) continue;
                    var zeta = _zeta[s][k];
                    var move = _beta[k] * zetaNext[s][k] / zeta;
                    keep[k] = _alpha[k] * zetaNext[s][k] * move / (zeta * _beta[k]);
                    add[k] = zetaNext[s][k];
                    (_zetaBefore[s][k], _zeta[s][k]) = (zeta, zetaNext[s][k]);
                }

                Combine(_directions[s], keep, _residual, add);
            }

            for (var k = 0; k < _width; k++)
            {
                if (_done[k]) continue;
                _square[k] = next[k];
                _done[k] = next[k] <= tolerance * tolerance * _start[k];
            }

            return true;
        }

        public double[][] Weights() => [.. _solutions.Select(solution =>
        {
            var weights = new double[_rows.Columns * _width];
            _rows.MultiplyTransposed(solution, _width, weights);
            return weights;
        })];

        private static double[] Ones(int count)
        {
            var ones = new double[count];
            Array.Fill(ones, 1);
            return ones;
        }

        private void Squares(double[] a, double[] b, double[] sums)
        {
            Array.Clear(sums);
            for (var at = 0; at < a.Length; at += _width)
            {
                for (var k = 0; k < _width; k++) sums[k] += a[at + k] * b[at + k];
            }
        }

        private void AddScaled(double[] to, double[] from, double[] factors, double sign)
        {
            for (var at = 0; at < to.Length; at += _width)
            {
                for (var k = 0; k < _width; k++) to[at + k] += sign * factors[k] * from[at + k];
            }
        }

        // A target that is done keeps its direction at zero: it takes no further part.
        private void Combine(double[] direction, double[] keep, double[] residual, double[] add)
        {
            for (var at = 0; at < direction.Length; at += _width)
            {
                for (var k = 0; k < _width; k++) direction[at + k] = keep[k] * direction[at + k] + add[k] * residual[at + k];
            }
        }
    }
}
