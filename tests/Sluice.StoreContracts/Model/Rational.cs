using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>A fraction, exact whatever its size.</summary>
/// <remarks>Thread safety: immutable. The default value is not a number: do not use it.</remarks>
public readonly struct Rational : IComparable<Rational>, IEquatable<Rational>
{
    private readonly BigInteger _numerator;
    private readonly BigInteger _denominator;

    /// <summary>A fraction, reduced.</summary>
    /// <exception cref="DivideByZeroException"><paramref name="denominator"/> is zero.</exception>
    public Rational(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero)
        {
            throw new DivideByZeroException();
        }

        BigInteger divisor = BigInteger.GreatestCommonDivisor(numerator, denominator) * denominator.Sign;
        _numerator = numerator / divisor;
        _denominator = denominator / divisor;
    }

    /// <summary>Zero.</summary>
    public static Rational Zero { get; } = 0;

    /// <summary>A whole number.</summary>
    public static implicit operator Rational(BigInteger value) => new(value, BigInteger.One);

    /// <summary>A whole number.</summary>
    public static implicit operator Rational(long value) => new(value, BigInteger.One);

    public static Rational operator +(Rational a, Rational b) =>
        new((a._numerator * b._denominator) + (b._numerator * a._denominator), a._denominator * b._denominator);

    public static Rational operator -(Rational a, Rational b) =>
        new((a._numerator * b._denominator) - (b._numerator * a._denominator), a._denominator * b._denominator);

    public static Rational operator *(Rational a, Rational b) =>
        new(a._numerator * b._numerator, a._denominator * b._denominator);

    public static Rational operator /(Rational a, Rational b) =>
        new(a._numerator * b._denominator, a._denominator * b._numerator);

    public static bool operator <(Rational a, Rational b) => a.CompareTo(b) < 0;

    public static bool operator >(Rational a, Rational b) => a.CompareTo(b) > 0;

    public static bool operator <=(Rational a, Rational b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Rational a, Rational b) => a.CompareTo(b) >= 0;

    public static bool operator ==(Rational a, Rational b) => a.Equals(b);

    public static bool operator !=(Rational a, Rational b) => !a.Equals(b);

    /// <summary>The smaller of two.</summary>
    public static Rational Min(Rational a, Rational b) => a <= b ? a : b;

    /// <summary>The larger of two.</summary>
    public static Rational Max(Rational a, Rational b) => a >= b ? a : b;

    /// <summary>The largest whole number that is not above this.</summary>
    public BigInteger Floor()
    {
        BigInteger quotient = BigInteger.DivRem(_numerator, _denominator, out BigInteger remainder);
        return remainder.Sign < 0 ? quotient - 1 : quotient;
    }

    /// <summary>The smallest whole number that is not below this.</summary>
    public BigInteger Ceiling()
    {
        BigInteger quotient = BigInteger.DivRem(_numerator, _denominator, out BigInteger remainder);
        return remainder.Sign > 0 ? quotient + 1 : quotient;
    }

    /// <inheritdoc/>
    public int CompareTo(Rational other) =>
        (_numerator * other._denominator).CompareTo(other._numerator * _denominator);

    /// <inheritdoc/>
    public bool Equals(Rational other) => _numerator == other._numerator && _denominator == other._denominator;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Rational other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_numerator, _denominator);

    /// <inheritdoc/>
    public override string ToString() => _denominator.IsOne ? $"{_numerator}" : $"{_numerator}/{_denominator}";
}
