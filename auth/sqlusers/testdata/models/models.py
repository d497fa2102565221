# The models of the tables in this folder: an email as the name and a UUID as the key; a number as the
# key and nothing of PermissionsMixin; and a key that is the name, in a table whose names are words of SQL.
import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class Manager(BaseUserManager):
    def create_user(self, name, password=None, **extra):
        if self.model.USERNAME_FIELD == "email":
            name = self.normalize_email(name)
        user = self.model(**{self.model.USERNAME_FIELD: name}, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class Member(AbstractBaseUser, PermissionsMixin):
    member_no = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=80)
    born = models.DateField(null=True)
    points = models.IntegerField(null=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    objects = Manager()
    USERNAME_FIELD = "email"


class Account(AbstractBaseUser):
    id = models.BigAutoField(primary_key=True)
    phone = models.CharField(max_length=20, unique=True)
    objects = Manager()
    USERNAME_FIELD = "phone"


class Person(AbstractBaseUser, PermissionsMixin):
    handle = models.CharField(max_length=40, primary_key=True, db_column="order")
    email = models.EmailField(null=True)
    is_active = models.BooleanField(default=True)
    joined = models.DateField(null=True)
    objects = Manager()
    USERNAME_FIELD = "handle"

    class Meta:
        db_table = "Select"
