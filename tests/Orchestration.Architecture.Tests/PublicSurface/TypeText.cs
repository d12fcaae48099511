using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orchestration.Architecture.Tests.PublicSurface;

/// <summary>Writes types as C# does, without namespaces.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
    };

    /// <summary>A type with what is known of the nullability of its parts.</summary>
    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef) return Of(type.GetElementType()!, nullability?.ElementType ?? nullability);
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Of(underlying) + "?";

        var mark = !type.IsValueType && !type.IsPointer && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsPointer) return Of(type.GetElementType()!) + "*";
        if (type.IsArray)
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        // Of a parameter that could be anything, reflection cannot tell T from T?.
        if (type.IsGenericParameter)
            return type.Name + (type.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? mark : "");
        if (Keywords.TryGetValue(type, out var keyword)) return keyword + mark;
        if (type.IsAssignableTo(typeof(ITuple)) && type.IsValueType && type.IsGenericType)
            return $"({string.Join(", ", Arguments(type, nullability))})";
        return Name(type, nullability) + mark;
    }

    /// <summary>The full name of a type, for a heading: <c>Space.Outer.Inner&lt;T&gt;</c>.</summary>
    public static string FullName(Type type) => $"{type.Namespace}.{Name(type, null)}";

    private static string Name(Type type, NullabilityInfo? nullability)
    {
        var own = type.Name.Split('`')[0];
        var inherited = type.DeclaringType is { } outer ? outer.GetGenericArguments().Length : 0;
        var arguments = Arguments(type, nullability).Skip(inherited).ToList();
        var text = arguments.Count > 0 ? $"{own}<{string.Join(", ", arguments)}>" : own;
        return type.DeclaringType is null ? text : $"{Name(type.DeclaringType, null)}.{text}";
    }

    private static IEnumerable<string> Arguments(Type type, NullabilityInfo? nullability)
    {
        var known = nullability?.GenericTypeArguments ?? [];
        return type.GetGenericArguments().Select((argument, index) => Of(argument, index < known.Length ? known[index] : null));
    }
}
